import { nearest } from '../core/nearest.ts';
import { describeFound, error, type Finding, type KeyPath, suggestion } from './finding.ts';
import { TRANSPORT_WORDS } from './schema.ts';

type Fields = { [name: string]: unknown };
/** Places in the file by place in the native entry: `command`, or `command.1` where an element stands elsewhere. */
export type Origins = Map<string, KeyPath>;

/** What the fields of other shapes are called in the native one. */
export const ALIASES = new Map([
  ['env', 'environment'],
  ['timeout', 'timeoutMs'],
  ['args', 'command'],
  ['disabled', 'enabled'],
]);

/** What each word says, however it is spelt; `http` leaves the transport to the detection, which tries Streamable HTTP, then SSE. */
const MEANINGS: Readonly<Record<string, { type: 'local' | 'remote'; transport?: string }>> = {
  stdio: { type: 'local' },
  local: { type: 'local' },
  remote: { type: 'remote' },
  http: { type: 'remote' },
  streamablehttp: { type: 'remote', transport: 'streamable_http' },
  sse: { type: 'remote', transport: 'sse' },
  websocket: { type: 'remote', transport: 'websocket' },
  ws: { type: 'remote', transport: 'websocket' },
};

/** Rewrites the fields of the listed and mcpServers shapes in place, noting where each came from. */
export function toNative(fields: Fields, path: KeyPath, origins: Origins): Finding[] {
  renameField(fields, 'env', path, origins);
  renameField(fields, 'timeout', path, origins);
  if (fields.disabled === true) fields.enabled = false;
  const findings = [...readCommand(fields, path, origins), ...readWords(fields, path, origins)];
  if (fields.disabled !== undefined && typeof fields.disabled !== 'boolean') {
    findings.push(error([...path, 'disabled'], `found ${describeFound(fields.disabled)}, expected true or false`));
  }
  delete fields.disabled;
  return findings;
}

function renameField(fields: Fields, written: 'env' | 'timeout', path: KeyPath, origins: Origins): void {
  const native = ALIASES.get(written);
  if (native !== undefined && written in fields && !(native in fields)) {
    fields[native] = fields[written];
    origins.set(native, [...path, written]);
  }
  delete fields[written];
}

/** One array from `command` and `args`. */
function readCommand(fields: Fields, path: KeyPath, origins: Origins): Finding[] {
  const { command, args } = fields;
  delete fields.args;
  if (args !== undefined && !Array.isArray(args)) {
    return [error([...path, 'args'], `found ${describeFound(args, true)}, expected an array of strings`)];
  }
  const words = typeof command === 'string' ? programOf(command, args) : command;
  if (!Array.isArray(words)) return [];
  if (typeof command === 'string')
    for (const index of words.keys()) origins.set(`command.${index}`, [...path, 'command']);
  for (const index of (args ?? []).keys()) origins.set(`command.${words.length + index}`, [...path, 'args', index]);
  fields.command = [...words, ...(args ?? [])];
  return [];
}

/** `"npx -y server"` without `args` is a command line; a program whose path has spaces is not. */
function programOf(command: string, args: readonly unknown[] = []): string[] {
  const isLine = args.length === 0 && /^[^\s/\\"'{]+\s/.test(command) && !/["']/.test(command);
  return isLine ? command.trim().split(/\s+/) : [command];
}

function readWords(fields: Fields, path: KeyPath, origins: Origins): Finding[] {
  const findings: Finding[] = [];
  for (const field of ['type', 'transport']) {
    const word = fields[field];
    delete fields[field];
    if (word === undefined) continue;
    const meaning = meaningOf(word);
    if (meaning === undefined) findings.push(error([...path, field], unknownWord(word)));
    Object.assign(fields, meaning);
    for (const native of Object.keys(meaning ?? {})) origins.set(native, [...path, field]);
  }
  return findings;
}

function meaningOf(word: unknown) {
  const plain = typeof word === 'string' ? word.toLowerCase().replace(/[-_ ]/g, '') : '';
  return Object.hasOwn(MEANINGS, plain) ? MEANINGS[plain] : undefined;
}

function unknownWord(word: unknown): string {
  const words: readonly string[] = TRANSPORT_WORDS;
  const near = typeof word === 'string' ? nearest(word, words) : undefined;
  return `found ${describeFound(word)}, expected one of ${words.map((known) => `"${known}"`).join(', ')}${suggestion(near)}`;
}
