import type { SearchRequest } from '../../broker/finder.ts';
import { abortable } from '../../core/abort.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ToolEntry } from '../../core/tool.ts';
import type { LocalGateway } from './local-gateway.ts';

/** The answer of a search; a list of what there is comes as one page. */
export async function searchAll(local: LocalGateway, request: SearchRequest): Promise<JsonObject> {
  const { broker, caller, signal } = local;
  const { nextOffset, ...answer } = await abortable(broker.search(request, caller), signal);
  if (typeof nextOffset !== 'number') return answer;
  const rest = await searchAll(local, { ...request, offset: nextOffset });
  const pages = ['tools', 'servers'].filter((name) => name in answer);
  return { ...answer, ...Object.fromEntries(pages.map((name) => [name, [answer[name], rest[name]].flat()])) };
}

/** Every tool that a client would find, of these servers or of all, by its id. */
export async function allTools(local: LocalGateway, servers?: readonly string[]): Promise<readonly ToolEntry[]> {
  const server = servers ?? local.backend.upstreams.all().map(({ config }) => config.key);
  const { tools } = await searchAll(local, { query: '', limit: 1, filters: { server } });
  return (tools as readonly string[]).flatMap((id) => local.catalog.get(id) ?? []);
}
