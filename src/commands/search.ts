import type { SearchFilters } from '../finder.ts';
import { searchAll } from './all-answers.ts';
import { searchText } from './display/search-text.ts';
import { withGateway } from './local-gateway.ts';
import { type AnswerForm, isForPeople, jsonText, misused, type Terminal } from './terminal.ts';

export interface SearchArguments extends AnswerForm {
  /** What is needed, in words; empty: what there is. */
  readonly words: readonly string[];
  readonly config?: string | undefined;
  readonly server?: readonly string[] | undefined;
  readonly tag?: readonly string[] | undefined;
  /** As typed. */
  readonly limit?: string | undefined;
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
  const { server, tag } = args;
  const filters: SearchFilters | undefined =
    server || tag ? { ...(server && { server }), ...(tag && { tags: tag }) } : undefined;
  const options = { config: args.config, ...(server && { wanted: (key: string) => server.includes(key) }) };
  return withGateway('search', options, terminal, async (local) => {
    const answer = await searchAll(local, { query: args.words.join(' '), limit, ...(filters && { filters }) });
    terminal.write(isForPeople(args, terminal) ? searchText(answer, terminal) : jsonText(answer));
    return 0;
  });
}
