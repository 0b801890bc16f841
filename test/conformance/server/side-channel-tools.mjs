import { setTimeout as sleep } from 'node:timers/promises';
import { text, tool } from './content.mjs';

/** Pause between two messages of one call, in ms: the suite asks for it. */
const PAUSE_MS = 50;

/** Tools that send something while they run. */
export const SIDE_CHANNEL_TOOLS = [
  tool('test_tool_with_logging', 'Logs three messages while it runs', (_args, call) =>
    inSteps(['Tool execution started', 'Tool processing data', 'Tool execution completed'], (message) =>
      call.log('info', message),
    ),
  ),
  tool('test_logging_tool', 'Logs one message', (_args, call) =>
    inSteps(['A message'], (word) => call.log('info', word)),
  ),
  tool('test_tool_with_progress', 'Reports progress three times while it runs', (_args, call) =>
    inSteps([0, 50, 100], (progress) => report(call, progress)),
  ),
  tool('test_trigger_tool_change', 'Announces that the list of tools has changed', (_args, call) =>
    announce(call, 'tools'),
  ),
  tool('test_trigger_prompt_change', 'Announces that the list of prompts has changed', (_args, call) =>
    announce(call, 'prompts'),
  ),
];

async function inSteps(steps, send) {
  for (const [index, step] of steps.entries()) {
    if (index > 0) await sleep(PAUSE_MS);
    await send(step);
  }
  return { content: [text(`Sent ${steps.length} messages`)] };
}

async function report({ progressToken, notify }, progress) {
  if (progressToken === undefined) return;
  await notify('notifications/progress', { progressToken, progress, total: 100 });
}

async function announce(call, list) {
  await call.announce(list);
  return { content: [text(`Announced a change of the ${list}`)] };
}
