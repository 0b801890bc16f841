import * as z from 'zod';
import { clip, GatewayError } from '../../core/errors.ts';
import { parseJson } from '../../core/exact-json.ts';
import { isFiller } from '../../core/filler.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { beyondBounds, STRANGERS_JSON, withFewUnknown } from '../../core/json-bounds.ts';
import { type MetaTool, metaToolDefinitions } from './meta-tools.ts';

/** The input of a meta-tool as typed values; models get to read what was wrong and what is expected. */
export function parseInput(tool: MetaTool, input: unknown): unknown {
  const parsed = read(tool, mendInput(withFewUnknown(input, knownMembers(tool))));
  if (parsed.success) return parsed.data;
  const issues = parsed.error?.issues.map(describeIssue).join('; ') ?? 'the input cannot be read';
  const schema = metaToolDefinitions().find(({ name }) => name === tool.name)?.inputSchema;
  throw new GatewayError('INVALID_ARGUMENTS', `${tool.name}: ${clip(issues, 600)}. Expected ${JSON.stringify(schema)}`);
}

function knownMembers({ input }: MetaTool): string[] {
  return input instanceof z.ZodObject ? Object.keys(input.shape) : [];
}

/** The library compares what it is given, and throws where a value pretends to be a list or a text: `{"length": {}}`. */
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

/** Inputs that models write as text. */
const NUMBERS = ['limit', 'timeoutMs', 'waitMs', 'priority'] as const;

/** Inputs that are texts: whatever stands in them was meant. */
const TEXTS = new Set(['query', 'id', 'jobId']);

/** Reads what models are known to write: `null` for an absent field, `args` as a JSON string, `limit` as text. */
function mendInput(input: unknown): unknown {
  if (input === undefined) return {};
  if (!isJsonObject(input)) return input;
  const mended: JsonObject = { ...input };
  for (const key in mended) if (mended[key] === null || (!TEXTS.has(key) && isFiller(mended[key]))) delete mended[key];
  if (isJsonObject(mended.filters)) mended.filters = withoutFillers(mended.filters);
  if (typeof mended.args === 'string') mended.args = parseArgs(mended.args);
  for (const key of NUMBERS) {
    const value = mended[key];
    if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) mended[key] = Number(value);
  }
  return mended;
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
