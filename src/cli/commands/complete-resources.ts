import type { ServerConfig } from '../../config/schema.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Completion, RememberedLists } from './complete.ts';

/** The word after `resources` or `prompts`: a verb, then what it is about, then the arguments of a prompt. */
export function primitives(
  kind: 'resources' | 'prompts',
  [verb, name, ...given]: readonly string[],
  servers: readonly ServerConfig[],
  memory: RememberedLists,
): Completion[] {
  const one = kind === 'resources' ? 'read' : 'get';
  if (verb === undefined) return [{ value: 'list' }, { value: one }];
  if (verb !== one) return [];
  const items = servers.flatMap((server) => memory.recallList(server, kind)?.items ?? []);
  const called = kind === 'resources' ? 'uri' : 'name';
  if (name === undefined) return items.map((item) => candidate(item[called], item.title ?? item.description));
  const prompt = items.find((item) => item[called] === name);
  const taken = kind === 'prompts' && Array.isArray(prompt?.arguments) ? prompt.arguments.filter(isJsonObject) : [];
  return taken
    .filter((argument) => !given.some((word) => word.startsWith(`${argument.name}=`)))
    .map((argument) => candidate(`${argument.name}=`, argument.description));
}

function candidate(value: unknown, about: JsonObject[string]): Completion {
  const text = typeof about === 'string' ? about.split('\n')[0]?.slice(0, 100) : undefined;
  return { value: String(value), ...(text && { about: text }) };
}
