import { readData } from '../data.ts';
import { makeTools, SERVERS } from '../performance/catalog.mjs';
import { firstOfEach, groupBy, shuffled } from './lists.ts';
import type { Task, Tool } from './task.ts';
import { VENDOR_TOOLS } from './vendors.ts';

/** What an API that takes tools refuses as the name of a parameter. */
const ODD_NAME = /[^a-zA-Z0-9_.-]|^.{65}/;
const INVENTED_PER_SERVER = 140;
/** A catalog has at most this share of its tools from one server that the task is not about. */
const LARGEST_SHARE = 0.1;

/** All tools of labelled collections, or invented ones where there are none; and those of our vendors. */
export function toolPool(folder: string): Tool[] {
  const labelled = readData(folder, ['main', 'dev2']).flatMap(({ name, tools }) =>
    tools.map((tool): Tool => ({ ...tool, source: name })),
  );
  const all = [...VENDOR_TOOLS, ...(labelled.length > 0 ? labelled : inventedTools())];
  return firstOfEach(all.filter(isTakenByApis), ({ id }) => id);
}

function inventedTools(): Tool[] {
  return SERVERS.flatMap((server) =>
    makeTools(server, INVENTED_PER_SERVER).map(
      (tool): Tool => ({ ...tool, id: `${server}::${tool.name}`, server, source: 'invented' }),
    ),
  );
}

function isTakenByApis({ inputSchema }: Tool): boolean {
  const { type, properties = {}, anyOf, oneOf, allOf } = inputSchema;
  const isPlain = type === 'object' && [anyOf, oneOf, allOf].every((union) => union === undefined);
  return isPlain && !Object.keys(properties as object).some((name) => ODD_NAME.test(name));
}

/**
 * The tools that a task is given among: those of its servers, up to half of the size beside the ones that it needs, and
 * others, server by server. It depends on task, size and seed alone.
 */
export function catalogFor(task: Task, size: number, pool: readonly Tool[], seed: number): Tool[] {
  const order = `${seed} ${task.id}`;
  const needed = new Set([...task.steps, ...task.also].flatMap(({ tools }) => tools));
  const own = shuffled(
    pool.filter(({ server }) => task.servers.includes(server)),
    ({ id }) => id,
    order,
  );
  const [first, siblings] = [own.filter(({ id }) => needed.has(id)), own.filter(({ id }) => !needed.has(id))];
  const kept = [...first, ...siblings.slice(0, Math.max(0, Math.floor(size / 2) - first.length))];
  const others = distractors(task, pool, order, Math.ceil(size * LARGEST_SHARE));
  const tools = [...kept, ...others.slice(0, Math.max(0, size - kept.length))];
  // The servers of the task stand anywhere among the others.
  const servers = shuffled([...new Set(tools.map(({ server }) => server))], String, order);
  const byServer = groupBy(tools, ({ server }) => server);
  return servers.flatMap((server) => byServer.get(server) ?? []);
}

function distractors({ servers }: Task, pool: readonly Tool[], order: string, mostOfServer: number): Tool[] {
  const own = pool.filter(({ server }) => servers.includes(server));
  const sources = new Set(own.map(({ source }) => source));
  const words = new Set(servers.flatMap(wordsOf));
  const byServer = groupBy(pool, ({ server }) => server);
  const others = [...byServer].filter(([server, [tool]]) => {
    if (servers.includes(server)) return false;
    // Another collection may have the same product under a similar key; its tools would do as well.
    return sources.has(tool?.source ?? '') || !wordsOf(server).some((word) => words.has(word));
  });
  return shuffled(others, ([server]) => server, order).flatMap(([, tools]) => tools.slice(0, mostOfServer));
}

const wordsOf = (server: string) =>
  server
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 3);
