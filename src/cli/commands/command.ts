import { MAX_TIMER_MS } from '../../core/abort.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Every option of every command, in the form of `parseArgs`. */
export const OPTIONS = {
  config: { type: 'string', short: 'c' },
  port: { type: 'string' },
  host: { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
  'dry-run': { type: 'boolean' },
  'leave-secrets': { type: 'boolean' },
  json: { type: 'boolean' },
  undo: { type: 'boolean' },
  project: { type: 'boolean' },
  keep: { type: 'boolean' },
  runner: { type: 'string' },
  package: { type: 'string' },
  append: { type: 'string' },
  remove: { type: 'string' },
  server: { type: 'string', multiple: true },
  tag: { type: 'string', multiple: true },
  limit: { type: 'string' },
  args: { type: 'string' },
  output: { type: 'string' },
  timeout: { type: 'string' },
  root: { type: 'string', multiple: true },
  follow: { type: 'boolean', short: 'f' },
  'no-try': { type: 'boolean' },
  env: { type: 'string', multiple: true },
  header: { type: 'string', multiple: true },
  description: { type: 'string' },
  start: { type: 'boolean' },
  human: { type: 'boolean' },
  reset: { type: 'boolean' },
  'no-browser': { type: 'boolean' },
  all: { type: 'boolean' },
  decide: { type: 'boolean' },
  entry: { type: 'string' },
  'no-project': { type: 'boolean' },
  shared: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

type Option = (typeof OPTIONS)[OptionName];
type ValueOf<O extends Option> = O extends { readonly multiple: true }
  ? readonly string[]
  : O['type'] extends 'string'
    ? string
    : boolean;
type OptionName = Exclude<keyof typeof OPTIONS, 'help' | 'version'>;

/** Words and option values typed after the name of a command. */
export type CommandArguments = { readonly words: readonly string[] } & {
  readonly [name in OptionName]?: ValueOf<(typeof OPTIONS)[name]> | undefined;
};

/** One command: its usage, its purpose, and its function, which is loaded when the command is called. */
export interface Command {
  readonly usage: string;
  readonly summary: string;
  readonly options: Readonly<Partial<Record<OptionName, string>>>;
  readonly example: string;
  /** More text for `--help`, already broken into lines. */
  readonly more?: string;
  /** The heading under which `--help` lists it; absent: under the last one. */
  readonly group?: 'use' | 'set up' | 'serve';
  /** Kind of its words, which completion suggests. */
  readonly takes?: 'clients' | 'servers' | 'disabled' | 'tools' | 'shells' | 'resources' | 'prompts';
  /** True for a command that only programs run: `--help` does not list it. */
  readonly hidden?: boolean;
  run(args: CommandArguments, terminal: Terminal): Promise<number>;
}

/**
 * Seconds that a list or a search waits for servers, so that it answers within 5 s; it names the servers that are not
 * up by then.
 */
export const LIST_SECONDS = 4;
/** Seconds that a command which needs one server waits for its start. */
export const START_SECONDS = 30;

/** Returns the value of `--timeout` in ms, or a text with its flaw. */
export function timeoutMs(given: string | undefined, absentSeconds: number): number | string {
  const seconds = given === undefined ? absentSeconds : Number(given.trim() === '' ? Number.NaN : given);
  // A timer cannot hold more than `MAX_TIMER_MS`.
  return seconds > 0 && seconds * 1_000 <= MAX_TIMER_MS
    ? seconds * 1_000
    : `found --timeout ${JSON.stringify(given)}, expected seconds, such as 5 or 0.5`;
}
