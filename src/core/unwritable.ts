import { causeOf, clip, GatewayError } from './errors.ts';
import { writeJson } from './exact-json.ts';

const MAX_CHARS = 200;
/** Most levels of a value: `JSON.stringify` fails from about 5,000 on, sooner if the stack is in use already. */
const MAX_DEPTH = 2_000;

/** Says in words why `JSON.stringify` could not write a value. */
export function unwritable(error: unknown): string {
  const cause = causeOf(error);
  if (error instanceof RangeError) return /stack/i.test(cause) ? 'it is nested too deeply' : 'it is too long';
  return clip(cause.split('\n', 1)[0] ?? '', MAX_CHARS);
}

/** Returns a server's answer as JSON. Throws `UPSTREAM_ERROR` if it cannot be written. */
export function writtenAnswer(value: unknown): string {
  try {
    return writeJson(value);
  } catch (error) {
    throw new GatewayError(
      'UPSTREAM_ERROR',
      `what the server answered cannot be written as JSON: ${unwritable(error)}`,
    );
  }
}

/**
 * True if `JSON.stringify` can write a value. For values that other code writes without reporting a failure. Never
 * throws.
 */
export function isWritable(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint';
  if (depth >= MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((each) => isWritable(each, depth + 1));
  for (const key in value) if (!isWritable((value as Record<string, unknown>)[key], depth + 1)) return false;
  return true;
}
