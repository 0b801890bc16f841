import { clip, GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { isWritable } from '../core/unwritable.ts';

/** Longest excerpt of what a server answered, in characters. */
const MAX_EXCERPT = 120;

/** Requests whose result says only that they were done. */
const DONE: ReadonlySet<string> = new Set(['ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe']);

/** The member that is all there is to a result, by method: some servers answer with it alone. */
const WHOLE: Readonly<Record<string, string>> = {
  'tools/call': 'content',
  'tools/list': 'tools',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
  'resources/read': 'contents',
  'prompts/list': 'prompts',
  'prompts/get': 'messages',
  'completion/complete': 'completion',
};

/** Those of them that may be one text. */
const MAY_BE_TEXT: ReadonlySet<string> = new Set(['tools/call', 'resources/read', 'prompts/get']);

/**
 * A result that is no object in the nearest form that is one, or an error that says what was answered instead.
 * `undefined` stands for an answer that holds neither a result nor an error. `redact` blanks secrets.
 */
export function oddResult(
  method: string,
  value: unknown,
  redact: (text: string) => string,
): { readonly result: JsonObject } | GatewayError {
  if (DONE.has(method)) return { result: {} };
  // What a tool answers that gives nothing back, in languages that know null.
  if (method === 'tools/call' && value === null) return { result: {} };
  const member = Object.hasOwn(WHOLE, method) ? WHOLE[method] : undefined;
  const fits = Array.isArray(value) || (typeof value === 'string' && MAY_BE_TEXT.has(method));
  const isScalar = method === 'tools/call' && value !== undefined;
  if (member !== undefined && (fits || isScalar)) return { result: { [member]: value } };
  const instead =
    value === undefined ? 'neither a result nor an error' : `${shown(value, redact)} in place of a result`;
  return new GatewayError('UPSTREAM_ERROR', `the server answered ${method} with ${instead}`);
}

function shown(value: unknown, redact: (text: string) => string): string {
  if (!isWritable(value)) return 'a list';
  return clip(redact(JSON.stringify(value)), MAX_EXCERPT);
}
