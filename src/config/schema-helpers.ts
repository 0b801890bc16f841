import * as z from 'zod';
import { MAX_TIMER_MS } from '../core/abort.ts';
import { isJsonObject } from '../core/json.ts';
import { unknownKeys } from './diagnostic.ts';

/**
 * Makes an object schema whose error names each unknown key with the nearest known one. Messages of the schemas say
 * what is expected.
 */
export function strict<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, Object.keys(shape)) : undefined),
  });
}

export const strings = z.array(z.string().min(1), 'an array of strings');
export const count = z.int('a whole number above 0').positive('a whole number above 0');
const scalar = z.union([z.string(), z.number(), z.boolean()], 'a string, number or boolean').transform(String);
/** Words of a command: texts, or bare numbers and booleans, which become texts. */
export const words = z.array(scalar, 'a non-empty array of strings');
/** The same for environment variables and headers. A member with the value null counts as absent. */
export const textMap = z
  .record(z.string(), z.union([scalar, z.null()], 'a string, number or boolean'))
  .transform((map) =>
    Object.fromEntries(Object.entries(map).flatMap(([name, text]) => (text === null ? [] : [[name, text]]))),
  );

/** Text that a header can carry. */
export const headerText = z.string().superRefine((text, context) => {
  const message = headerProblem('authorization', text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** Headers that can be sent. */
export const headerMap = textMap.superRefine((headers, context) => {
  for (const [name, value] of Object.entries(headers)) {
    const message = headerProblem(name, value);
    if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
  }
});

/** A time in milliseconds that a timer can take. */
export const timer = count.max(MAX_TIMER_MS, `at most ${MAX_TIMER_MS}`);

/** The kinds, other than tools, that clients can see. */
export const expose = strict({
  resources: z.boolean().default(true).describe('Resources and their templates.'),
  prompts: z.boolean().default(true).describe('Prompts.'),
});

/** True if a text is a URL of one of these schemes. */
export function hasScheme(text: string, schemes: readonly string[]): boolean {
  return URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1));
}

/**
 * Headers that describe one request or its transfer. They are made for each request, and a fixed value would break it.
 */
const OF_HTTP = [
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'expect',
  'upgrade',
  'keep-alive',
  'trailer',
];
const OF_MCP = ['mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name', 'last-event-id'];

/**
 * Returns what a header must be so that it can be sent (RFC 9110, 5.5); undefined if it can be. Never contains its
 * value.
 */
function headerProblem(name: string, value: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~\da-z-]+$/i.test(name)) return 'a header name of letters, digits and "-"';
  const whose = ownerOf(name.toLowerCase(), value.trim().toLowerCase());
  if (whose !== undefined) return `no ${name} header, which ${whose} says itself for each request: take it out`;
  const at = [...value.trim()].findIndex((character) => !/^[\t\x20-\x7e\x80-\xff]$/.test(character));
  if (at < 0) return undefined;
  const character = [...value.trim()][at] ?? '';
  const what = /[\r\n]/.test(character)
    ? 'a line break'
    : character < ' ' || character === '\x7f'
      ? 'a control character'
      : 'not Latin-1';
  return `a value that a header can carry: its character ${at + 1} is ${what}`;
}

/**
 * Returns the protocol that sets a header itself; undefined for other headers. `Connection: close` and `keep-alive`,
 * which people copy from elsewhere, are harmless.
 */
function ownerOf(name: string, value: string): string | undefined {
  if (OF_MCP.includes(name)) return 'MCP';
  const isKept = name === 'connection' && ['close', 'keep-alive'].includes(value);
  return OF_HTTP.includes(name) || (name === 'connection' && !isKept) ? 'HTTP' : undefined;
}

/**
 * Returns a copy in which each member `length` that is an array or object is undefined, which is as wrong in any of our
 * fields. zod compares a `length` of any object with a number, and throws if it cannot, as for `{"length": {"toString":
 * 1}}`.
 */
export function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).map(([key, item]) => [
    key,
    key === 'length' ? withoutObject(item) : comparable(item),
  ]);
  return Object.fromEntries(fields);
}

function withoutObject(value: unknown): unknown {
  return typeof value === 'object' ? undefined : value;
}
