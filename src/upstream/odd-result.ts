import { clip, GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { isWritable } from '../core/unwritable.ts';

/** Longest excerpt of a server's answer, in characters. */
const MAX_EXCERPT = 120;

/** Methods whose result has no content. */
const DONE: ReadonlySet<string> = new Set(['ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe']);

/** The main member of a result, by method. Some servers answer with its value alone. */
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

/** Methods whose main member may be a single text. */
const MAY_BE_TEXT: ReadonlySet<string> = new Set(['tools/call', 'resources/read', 'prompts/get']);

/**
 * Wraps a result that is not an object in the result object that it stands for, or returns an error that describes it.
 * `value` is undefined if the answer has neither a result nor an error. `redact` blanks secrets.
 */
export function oddResult(
  method: string,
  value: unknown,
  redact: (text: string) => string,
): { readonly result: JsonObject } | GatewayError {
  if (DONE.has(method)) return { result: {} };
  // Some languages answer null for a tool that returns nothing.
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
