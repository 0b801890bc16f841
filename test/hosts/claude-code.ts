import type { JsonObject } from '../../src/core/json.ts';
import { waitUntil } from '../helpers/system/processes.ts';
import type { Decision, Host, Question, Reply } from './host.ts';
import type { HostProcess } from './host-process.ts';
import { messagesApi } from './messages-api.ts';

const STREAMING = ['--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'];
const HARMLESS = ['search', 'describe', 'invoke_async', 'job_status'].map((tool) => `mcp__gateway__${tool}`);

/** Claude Code in print mode; with a person it is driven through its control protocol, as its SDKs do. */
export const claudeCode: Host = {
  id: 'claude-code',
  package: '@anthropic-ai/claude-code',
  program: 'claude',
  introduction: {
    name: 'claude-code',
    capabilities: { roots: { listChanged: true }, elicitation: { form: {}, url: {} } },
  },
  showsArguments: true,
  dialect: messagesApi,
  settings: {
    path: '.claude.json',
    at: 'mcpServers',
    text: (servers) => JSON.stringify({ hasCompletedOnboarding: true, mcpServers: entriesOf(servers) }, undefined, 2),
  },
  strays: [],
  toolName: (server, tool) => `mcp__${server}__${tool}`,
  env: (modelAddress) => ({
    ANTHROPIC_BASE_URL: modelAddress,
    ANTHROPIC_API_KEY: 'not-a-key',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_AUTOUPDATER: '1',
    // How long the first request waits for servers: the default of a few seconds is little on a busy machine.
    CLAUDE_CODE_MCP_STARTUP_WAIT_MS: '30000',
  }),
  words: (prompt) => ['-p', prompt, '--allowedTools', 'mcp__gateway'],
  async attended(start, prompt, decide) {
    const process = start(['-p', ...STREAMING, '--permission-prompt-tool', 'stdio', '--allowedTools', ...HARMLESS]);
    const questions: Question[] = [];
    let read = 0;
    process.write(JSON.stringify({ type: 'user', message: { role: 'user', content: prompt } }));
    await waitUntil(
      () =>
        process.lines.slice(read).some((line) => {
          read++;
          return react(JSON.parse(line), process, questions, decide);
        }),
      { timeoutMs: 100_000, what: 'Claude Code has answered' },
    );
    process.endInput();
    return { process, questions };
  },
};

function entriesOf(servers: Readonly<Record<string, string[]>>): JsonObject {
  const entries = Object.entries(servers).map(([key, [command, ...args]]) => [key, { type: 'stdio', command, args }]);
  return Object.fromEntries(entries);
}

/** Of its messages: what it asks is answered; true for the last one. */
function react(message: ControlMessage, process: HostProcess, questions: Question[], decide: Decision): boolean {
  const { type, request_id, request } = message;
  if (type === 'control_request' && request) {
    const question = questionOf(request);
    questions.push(question);
    const response = answerTo(request, decide(question, questions.length - 1));
    process.write(JSON.stringify({ type: 'control_response', response: { subtype: 'success', request_id, response } }));
  }
  return type === 'result';
}

interface ControlMessage {
  readonly type: string;
  readonly request_id?: string;
  readonly request?: {
    readonly subtype: string;
    readonly tool_name?: string;
    readonly input?: JsonObject;
    readonly message?: string;
  };
}

type ControlRequest = NonNullable<ControlMessage['request']>;

function questionOf(request: ControlRequest): Question {
  const { subtype, tool_name = '', message = '' } = request;
  const details = JSON.stringify(request);
  if (subtype === 'elicitation') return { kind: 'elicitation', about: message, details };
  return { kind: 'permission', about: tool_name, details };
}

function answerTo({ subtype, input }: ControlRequest, reply: Reply = 'deny'): JsonObject {
  if (subtype !== 'elicitation')
    return reply === 'deny' ? { behavior: 'deny', message: 'not today' } : { behavior: 'allow', updatedInput: input };
  return reply === 'deny' ? { action: 'decline' } : { action: 'accept', content: reply === 'allow' ? {} : reply };
}
