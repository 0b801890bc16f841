import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import type { Call } from './scene.ts';
import type { Task, Tool } from './task.ts';

/** Calls that do a task, one for each step: with values for its patterns, and for parameters that these leave open. */
export function solution({ steps }: Task, tools: readonly Tool[]): Call[] {
  const byId = new Map(tools.map((tool) => [tool.id, tool]));
  return steps.map(({ tools: [id = ''], args = {} }) => ({
    id,
    args: { ...openValues(byId.get(id)), ...(valueFor(args) as JsonObject) },
  }));
}

function valueFor(pattern: unknown): unknown {
  if (!isJsonObject(pattern)) return pattern;
  const { $contains, $oneOf, $set } = pattern;
  const [first] = Array.isArray($oneOf) ? $oneOf : [];
  const members = Object.entries(pattern).map(([name, own]) => [name, valueFor(own)]);
  return $contains ?? first ?? $set ?? Object.fromEntries(members);
}

function openValues(tool: Tool | undefined): JsonObject {
  const { properties, required } = tool?.inputSchema ?? {};
  const names: readonly string[] = Array.isArray(required) ? required : [];
  return Object.fromEntries(names.map((name) => [name, plainValue(isJsonObject(properties) ? properties[name] : {})]));
}

function plainValue(schema: unknown): unknown {
  const { type, enum: values, format } = isJsonObject(schema) ? schema : {};
  if (Array.isArray(values)) return values[0];
  if (type === 'integer') return 1;
  return format === 'date' ? '2026-06-01' : 'something';
}
