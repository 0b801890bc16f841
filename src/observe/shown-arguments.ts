import { clip } from '../core/errors.ts';
import { keepSources } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

/** Names under which people keep secrets. */
const SECRET_NAME =
  /key|token|secret|passw|pwd|passphrase|auth|credential|cookie|session|signature|bearer|jwt|otp|\bpin\b/i;
/** Secrets inside a text: a scheme and its credentials, a password in a URL, a name and its value. */
const SECRET_TEXTS: readonly RegExp[] = [
  /\b(?<kept>(?:bearer|basic)\s+)[^\s"']+/gi,
  /(?<kept>:\/\/)[^\s/@]+(?=@)/g,
  /(?<kept>(?:key|token|secret|passw|pwd|auth|credential|cookie|session|signature)[\w-]{0,30}["']?\s{0,5}[=:]\s{0,5}["']?)(?!\s|bearer|basic)[^\s"'&;,]+/gi,
  /(?<kept>-----BEGIN ).*/gs,
  /(?<![\w-])(?<kept>)eyJ[\w-]+\.[\w-]+\.[\w-]*/g,
];
const REDACTED = '[redacted]';
const ELLIPSIS = '…';
const MAX_CHARS = 200;
/** Characters of a text that are searched for secrets. The text after them is cut off anyway. */
const MAX_READ_CHARS = 2_000;
const MAX_VALUES = 100;
const MAX_DEPTH = 8;

interface Budget {
  values: number;
  /** Most characters of one text. */
  readonly chars: number;
}

/**
 * A copy of a call's arguments for people. Secrets are blanked by name and in texts; long texts, lists and depths are
 * cut.
 */
export function displayArguments(args: JsonObject, maxChars = MAX_CHARS): JsonObject {
  return displayObject(args, { values: MAX_VALUES, chars: maxChars }, MAX_DEPTH);
}

function displayObject(object: JsonObject, budget: Budget, depth: number): JsonObject {
  // Forms and environments have this shape: `{name: "API_TOKEN", value: …}`.
  const namesSecret = ['name', 'key', 'header', 'variable'].some((field) => isSecretName(object[field]));
  const shown: [string, unknown][] = [];
  for (const key in object) {
    if (budget.values <= 0) return Object.fromEntries([...shown, [ELLIPSIS, ELLIPSIS]]);
    const secret = SECRET_NAME.test(key) || (namesSecret && key === 'value');
    shown.push([
      displayText(key, MAX_CHARS),
      secret ? blankSecret(object[key]) : displayValue(object[key], budget, depth),
    ]);
  }
  return keepSources(Object.fromEntries(shown), object);
}

function displayValue(value: unknown, budget: Budget, depth: number): unknown {
  budget.values -= 1;
  if (typeof value === 'string') return displayText(value, budget.chars);
  if (typeof value !== 'object' || value === null) return value;
  if (depth <= 0) return ELLIPSIS;
  if (isJsonObject(value)) return displayObject(value, budget, depth - 1);
  return Array.isArray(value) ? displayArray(value, budget, depth - 1) : ELLIPSIS;
}

function displayArray(items: readonly unknown[], budget: Budget, depth: number): unknown[] {
  const shown: unknown[] = [];
  for (const item of items) {
    if (budget.values <= 0) return [...shown, ELLIPSIS];
    shown.push(isSecretOption(items[shown.length - 1]) ? REDACTED : displayValue(item, budget, depth));
  }
  return shown;
}

/** True for the word after an option that names a secret: `["--api-key", "…"]`. */
function isSecretOption(word: unknown): boolean {
  return typeof word === 'string' && word.startsWith('-') && !word.includes('=') && SECRET_NAME.test(word);
}

function isSecretName(name: unknown): boolean {
  return typeof name === 'string' && SECRET_NAME.test(name);
}

/** Blanks a secret. Null, undefined and booleans stay: they reveal nothing, but show whether a secret was given. */
function blankSecret(value: unknown): unknown {
  return value === null || value === undefined || typeof value === 'boolean' ? value : REDACTED;
}

function displayText(text: string, maxChars: number): string {
  const read = text.slice(0, MAX_READ_CHARS);
  const blank = (masked: string, pattern: RegExp) => masked.replace(pattern, `$<kept>${REDACTED}`);
  return clip(SECRET_TEXTS.reduce(blank, read), maxChars);
}
