import { causeOf, GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { describeFound, formatPath, type KeyPath } from './finding.ts';

/** Nothing in a configuration nests deeper. */
const MAX_DEPTH = 12;

/**
 * A copy of a configuration that a program says. Throws `CONFIG_INVALID`, with the place, for what no file can hold: a promise
 * that nobody awaited, a Map, a URL, a function.
 */
export function plainObject(written: unknown): JsonObject {
  const strange = strangerIn(written, []);
  if (strange) throw refusal(strange.path, strange.value);
  if (!isJsonObject(written)) throw refusal([], written);
  try {
    return structuredClone(written);
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `new Gateway: the configuration cannot be copied (${causeOf(cause)})`, {
      cause,
    });
  }
}

interface Stranger {
  readonly path: KeyPath;
  readonly value: unknown;
}

function strangerIn(value: unknown, path: KeyPath): Stranger | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return { path, value };
  if (typeof value !== 'object' || value === null || path.length > MAX_DEPTH) return undefined;
  const isPlain = Array.isArray(value) || ['Object', 'Module'].includes(kindOf(value));
  if (!isPlain) return { path, value };
  for (const [key, inner] of Object.entries(value)) {
    const found = strangerIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found) return found;
  }
  return undefined;
}

/** `Map`, `URL`, `Promise`; `Object` for what has no kind of its own. */
function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function refusal(path: KeyPath, value: unknown): GatewayError {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const kind = isObject ? kindOf(value) : undefined;
  const found = kind === undefined ? describeFound(value, true) : `${/^[AEIOU](?!RL)/.test(kind) ? 'an' : 'a'} ${kind}`;
  const place = path.length > 0 ? `${formatPath(path)}: ` : '';
  const cure = kind === 'Promise' ? '; await it: new Gateway(await loadConfig(path))' : '';
  const wanted =
    path.length > 0 ? 'what a file can hold' : 'a configuration: an object of servers, or what loadConfig answers';
  return new GatewayError('CONFIG_INVALID', `new Gateway: ${place}found ${found}, expected ${wanted}${cure}`);
}
