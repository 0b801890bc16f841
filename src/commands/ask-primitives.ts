import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { isJsonObject } from '../core/json.ts';
import { serverState, stands } from '../core/server-state.ts';
import type { LocalGateway } from './local-gateway.ts';
import { waitOf } from './still-connecting.ts';
import { shown, type Terminal } from './terminal.ts';

/** What servers have beside tools, asked as a client asks. Throws `UPSTREAM_ERROR` with what the server answers. */
export async function askPrimitives(local: LocalGateway, method: string, params: JsonObject): Promise<JsonObject> {
  const { backend, caller, signal, person } = local;
  const answer = await backend.primitives.handle(method, params, { caller, signal, peer: person });
  if ('result' in answer) return answer.result;
  throw new GatewayError('UPSTREAM_ERROR', answer.error.message, { details: { ...answer.error } });
}

/** All pages of a list. */
export async function listPrimitives(local: LocalGateway, method: string, member: string): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  let cursor: unknown;
  do {
    const page = await askPrimitives(local, method, cursor === undefined ? {} : { cursor });
    items.push(...(Array.isArray(page[member]) ? page[member].filter(isJsonObject) : []));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

/** Says which servers could not be asked: what they have is missing. */
export function tellMissing(name: string, local: LocalGateway, wanted: Wanted, { writeError }: Terminal): void {
  for (const upstream of local.backend.upstreams.all()) {
    const { key } = upstream.config;
    const state = serverState(upstream.state);
    if (!wanted(key) || state === 'ready' || state === 'idle') continue;
    const why = waitOf(upstream, local.lastWords(key));
    writeError(`mcp-gateway ${name}: not asked: ${shown(key)} ${stands(state)}${why ? `: ${shown(why)}` : ''}\n`);
  }
}

export type Wanted = (server: string) => boolean;
