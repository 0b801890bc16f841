import * as z from 'zod';
import { clip, GatewayError } from '../../core/errors.ts';
import { parseJson } from '../../core/exact-json.ts';
import { isFiller } from '../../core/filler.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { beyondBounds, STRANGERS_JSON, withFewUnknown } from '../../core/json-bounds.ts';
import { type MetaTool, metaToolDefinitions } from './meta-tools.ts';

/**
 * Parses the input of a meta-tool. Throws `INVALID_ARGUMENTS` with the faults and the expected schema, for the model to
 * read.
 */
export function parseInput(tool: MetaTool, input: unknown): unknown {
  const parsed = read(tool, coerceInput(withFewUnknown(input, knownMembers(tool))));
  if (parsed.success) return parsed.data;
  const issues = parsed.error?.issues.map(describeIssue).join('; ') ?? 'the input cannot be read';
  const schema = metaToolDefinitions().find(({ name }) => name === tool.name)?.inputSchema;
  throw new GatewayError('INVALID_ARGUMENTS', `${tool.name}: ${clip(issues, 600)}. Expected ${JSON.stringify(schema)}`);
}

function knownMembers({ input }: MetaTool): string[] {
  return input instanceof z.ZodObject ? Object.keys(input.shape) : [];
}

/**
 * Parses without throwing: zod itself throws on a value that pretends to be a list or a text, such as `{"length": {}}`.
 */
function read(tool: MetaTool, input: unknown): ReturnType<MetaTool['input']['safeParse']> | Unreadable {
  try {
    return tool.input.safeParse(input);
  } catch {
    return { success: false };
  }
}

interface Unreadable {
  readonly success: false;
  readonly error?: undefined;
}

/** Number inputs, which models also write as text. */
const NUMBERS = ['limit', 'timeoutMs', 'waitMs', 'priority'] as const;

/** Text inputs: their values are never taken for fillers. */
const TEXTS = new Set(['query', 'id', 'jobId']);

/**
 * Coerces the forms that models are known to write: `null` for an absent field, `args` as a JSON string, numbers as
 * text.
 */
function coerceInput(input: unknown): unknown {
  if (input === undefined) return {};
  if (!isJsonObject(input)) return input;
  const coerced: JsonObject = { ...input };
  for (const key in coerced)
    if (coerced[key] === null || (!TEXTS.has(key) && isFiller(coerced[key]))) delete coerced[key];
  if (isJsonObject(coerced.filters)) coerced.filters = withoutFillers(coerced.filters);
  if (typeof coerced.args === 'string') coerced.args = parseArgs(coerced.args);
  for (const key of NUMBERS) {
    const value = coerced[key];
    if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
      coerced[key] = Number(value);
  }
  return coerced;
}

function withoutFillers(filters: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== null && !isFiller(value)));
}

function parseArgs(text: string): unknown {
  const beyond = beyondBounds(text, STRANGERS_JSON);
  if (beyond) throw new GatewayError('INVALID_ARGUMENTS', `args: expected an object; found JSON ${beyond}`);
  try {
    return parseJson(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new GatewayError(
      'INVALID_ARGUMENTS',
      `args: expected an object; found a string that is not JSON (${clip(why)})`,
    );
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join('.');
  return path ? `${path}: ${issue.message}` : issue.message;
}
