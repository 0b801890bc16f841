import type { SearchFilters } from '../../broker/finder.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { searchText } from '../terminal/search-text.ts';
import { searchAll } from './all-answers.ts';
import { type LocalGateway, withGateway } from './local-gateway.ts';
import { waitOf } from './still-connecting.ts';
import { type AnswerForm, isForPeople, jsonText, misused, type Terminal } from './terminal.ts';
import { LIST_SECONDS, timeoutMs } from './timeout.ts';

export interface SearchArguments extends AnswerForm {
  /** What is needed, in words; empty: what there is. */
  readonly words: readonly string[];
  readonly config?: string | undefined;
  readonly server?: readonly string[] | undefined;
  readonly tag?: readonly string[] | undefined;
  /** As typed. */
  readonly limit?: string | undefined;
  /** Seconds, as typed. */
  readonly timeout?: string | undefined;
}

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 50;

/** `mcp-gateway search [words…]`: what a model would find. Resolves with the exit code: 0, also where nothing was found. */
export async function search(args: SearchArguments, terminal: Terminal): Promise<number> {
  const limit = Number(args.limit ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    const found = `found --limit ${JSON.stringify(args.limit)}`;
    return misused(terminal, 'search', `${found}, expected a whole number from 1 to ${MAX_LIMIT}`);
  }
  const patienceMs = timeoutMs(args.timeout, LIST_SECONDS);
  if (typeof patienceMs === 'string') return misused(terminal, 'search', patienceMs);
  const { server, tag } = args;
  const filters: SearchFilters | undefined =
    server || tag ? { ...(server && { server }), ...(tag && { tags: tag }) } : undefined;
  const options = { config: args.config, servers: server, patienceMs };
  return withGateway('search', options, terminal, async (local) => {
    const found = await searchAll(local, { query: args.words.join(' '), limit, ...(filters && { filters }) });
    const answer = withWaits(found, local);
    terminal.write(isForPeople(args, terminal) ? searchText(answer, terminal) : jsonText(answer));
    return 0;
  });
}

/** The same with what servers that are connecting wait for. */
function withWaits(found: JsonObject, { backend, lastWords }: LocalGateway): JsonObject {
  if (!Array.isArray(found.unavailable)) return found;
  const unavailable = found.unavailable.filter(isJsonObject).map((each) => {
    const upstream = backend.upstreams.get(String(each.server));
    const waitsFor = upstream && waitOf(upstream, lastWords(String(each.server)));
    return waitsFor === undefined ? each : { ...each, waitsFor };
  });
  return { ...found, unavailable };
}
