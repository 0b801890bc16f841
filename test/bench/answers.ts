import { existsSync } from 'node:fs';
import { countTokens } from 'gpt-tokenizer';
import { Catalog } from '../../src/search/catalog.ts';
import { isNear, matchOf } from '../../src/search/fit-of-hits.ts';
import { searchBudget, searchResults } from '../../src/search/search-results.ts';
import { signature } from '../../src/search/signature.ts';
import { type LabelledData, readData } from './data.ts';
import { DATA } from './examples.ts';

const FOLDER = process.env.TOOL_SEARCH_DATA ?? '../shared/retrieval';
const LIMIT = 10;

/**
 * How complete signatures are, what answers cost, and how much of a query what is shown of the right tool meets, by the
 * importance of words, on the tools and queries of each set. Resolves with the exit code.
 */
export async function run(): Promise<number> {
  const sets = existsSync(FOLDER) ? readData(FOLDER, DATA) : [];
  if (sets.length === 0) console.log(`no labelled data in ${FOLDER} (set TOOL_SEARCH_DATA): skipped`);
  else
    console.log(
      'set     complete signatures   hits   tokens of an answer: median, 95 %, most   search → invoke, median   shown of the query',
    );
  for (const set of sets) console.log(await measure(set));
  return 0;
}

async function measure({ name, tools, queries }: LabelledData): Promise<string> {
  const catalog = new Catalog();
  for (const server of new Set(tools.map((tool) => tool.server))) {
    catalog.setServer(
      { key: server, tags: [] },
      tools.filter((tool) => tool.server === server),
    );
  }
  await catalog.indexed();
  const complete = tools.filter((tool) => !signature(tool).includes('…')).length / tools.length;
  const answers: number[] = [];
  const sizes: number[] = [];
  const flows: number[] = [];
  const shown: number[] = [];
  const sharedOf = catalog.sharedAmong(() => true);
  for (const { query, groups } of queries) {
    const { found, hits, reader } = catalog.search(query, { limit: LIMIT, visible: () => true });
    const near = hits.filter(({ share }, place) => isNear(place, share));
    const judged = near.map((hit) => ({ entry: hit.entry, ...(found > 0 && { match: matchOf(hit) }) }));
    const options = { budgetTokens: searchBudget(LIMIT), reader, sharedOf };
    const { results, sharedParameters } = searchResults(judged, options);
    const tokens = countTokens(JSON.stringify({ found, results, sharedParameters }));
    const right = results.find(({ id }) => groups.some((group) => group.includes(id)));
    if (right) {
      const met = reader.met(right.id, right.signature, right.description, right.matched ?? '');
      shown.push(reader.worth(met) / reader.importance);
    }
    answers.push(tokens);
    sizes.push(results.length);
    const asked = JSON.stringify({ name: 'search', arguments: { query } });
    const invoked = JSON.stringify({ name: 'invoke', arguments: { id: results[0]?.id ?? '', args: {} } });
    flows.push(tokens + countTokens(asked) + countTokens(invoked));
  }
  const [median, high, most] = [0.5, 0.95, 1].map((share) => quantile(answers, share));
  const share = `${(100 * complete).toFixed(1)} %`;
  const mean = shown.reduce((sum, one) => sum + one, 0) / shown.length;
  const cells = [name.padEnd(8), share.padEnd(22), String(quantile(sizes, 0.5)).padEnd(7)];
  cells.push(`${median}, ${high}, ${most}`.padEnd(39), String(quantile(flows, 0.5)).padEnd(25));
  return `${cells.join('')}${(100 * mean).toFixed(1)} %`;
}

function quantile(values: readonly number[], share: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? 0;
}
