import { join } from 'node:path';
import { waitUntil } from '../helpers/system/processes.ts';
import type { Decision, Host, Question, StartHost } from './host.ts';
import type { HostHome } from './host-home.ts';
import { type HostExit, HostProcess } from './host-process.ts';
import { installHosts } from './installed-hosts.ts';
import type { ModelRequest } from './model-dialect.ts';
import { ScriptedModel, type Turn } from './scripted-model.ts';

const PROMPT = 'Do what is to be done.';

/** What came of a run of a host. */
export interface Run {
  readonly requests: readonly ModelRequest[];
  /** Whom it asked for beside the model. */
  readonly strays: readonly string[];
  readonly exit: HostExit;
  /** What it printed, and with stderr, for messages. */
  readonly output: string;
  readonly said: string;
}

/** One prompt, no person, the model's turns; resolves when the host has ended. */
export function runHost(home: HostHome, host: Host, turns: readonly Turn[]): Promise<Run> {
  return withModel(home, host, turns, async (start) => {
    const process = start(host.words(PROMPT));
    process.endInput();
    return process;
  });
}

/** The same with a person who is asked what the host asks; resolves with the questions too. */
export async function runAttended(
  home: HostHome,
  host: Host,
  turns: readonly Turn[],
  decide: Decision,
): Promise<Run & { readonly questions: readonly Question[] }> {
  let questions: readonly Question[] = [];
  const run = await withModel(home, host, turns, async (start) => {
    const attended = await host.attended(start, PROMPT, decide);
    questions = attended.questions;
    return attended.process;
  });
  return { ...run, questions };
}

/** A run that is ended as soon as `isTime`: by Ctrl-C in its terminal, or with no chance to do anything more. */
export function runCutShort(
  home: HostHome,
  host: Host,
  turns: readonly Turn[],
  { isTime, by }: { readonly isTime: () => boolean; readonly by: 'Ctrl-C' | 'SIGKILL' },
): Promise<Run> {
  return withModel(home, host, turns, async (start) => {
    const process = start(host.words(PROMPT));
    process.endInput();
    await waitUntil(isTime, { timeoutMs: 100_000, what: 'the moment to end it has come' });
    if (by === 'Ctrl-C') process.interrupt();
    else process.kill(by);
    return process;
  });
}

async function withModel(
  home: HostHome,
  host: Host,
  turns: readonly Turn[],
  run: (start: StartHost) => Promise<HostProcess>,
): Promise<Run> {
  const program = join(await installHosts(), host.program);
  const model = new ScriptedModel(host.dialect, turns);
  await model.open();
  const { address } = model;
  // Whatever goes elsewhere than to loopback goes to the model, which refuses it.
  const walls = { HTTPS_PROXY: address, HTTP_PROXY: address, NO_PROXY: '127.0.0.1,localhost' };
  const started: HostProcess[] = [];
  const start: StartHost = (words, env = {}) => {
    const process = new HostProcess(home, [program, ...words], { ...walls, ...host.env(address), ...env });
    started.push(process);
    return process;
  };
  try {
    const process = await run(start);
    const exit = await process.ended();
    const { requests, strays } = model;
    return { requests, strays, exit, output: process.lines.join('\n'), said: process.said };
  } catch (error) {
    throw new Error(`${host.package}: ${error}; it said: ${started.map(({ said }) => said)}`, { cause: error });
  } finally {
    for (const process of started) process.kill('SIGKILL');
    model.close();
  }
}
