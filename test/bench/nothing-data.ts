import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ToolEntry } from '../../src/core/tool.ts';
import { fieldTerms } from '../../src/search/fields.ts';
import { FIT_FACTS } from '../../src/search/fit-of-hits.ts';
import { candidates } from '../../src/search/rank.ts';
import { RANKING } from '../../src/search/ranking-parameters.ts';
import { ToolIndex } from '../../src/search/tool-index.ts';
import { cached, filesIn } from './cache.ts';
import { type LabelledData, readData } from './data.ts';
import { DATA, dataFiles, entriesOf } from './examples.ts';
import { groupedBy, type SourcedQuery, sourced } from './sources.ts';

/** The best hit of a query, and for a query that has an answer, the answer if it is among the first five. */
export interface Judged {
  readonly source: string;
  readonly family: string;
  /** `answered`: a tool exists; `nothing`: none does; `left out`: its server was taken away. */
  readonly kind: 'answered' | 'nothing' | 'left out';
  readonly query: string;
  /** By place: facts in the order of `FIT_FACTS`, the score as a share of the best, and whether it is an answer. */
  readonly hits: readonly { readonly facts: readonly number[]; readonly share: number; readonly isGold: boolean }[];
}

interface NoTool {
  readonly query: string;
  readonly holdsFor: readonly string[];
}

const OWN = join('test', 'bench', 'labelled', 'nothing.json');
const SHOWN = 10;
/** Servers beside the one that answers in a small catalog, and most queries that are asked of it. */
const FEW = 4;
const FEW_QUERIES = 10;
export const AMONG_FEW = ', few tools';
/** Words of servers' names that say nothing about what a server is for. */
const COMMON = new Set(['mcp', 'server', 'servers', 'api', 'apis', 'data', 'tools', 'service', 'the', 'for', 'and']);

/** Returns all labelled queries, those that no tool answers, and all without the server that answers them; cached. */
export async function judgedIn(folder: string): Promise<Judged[]> {
  const own = ['data', 'examples', 'nothing-data', 'sources'].map((name) => join('test/bench', `${name}.ts`));
  const files = [...filesIn('src/search', '.ts'), ...own, OWN, ...dataFiles(folder)];
  return cached('judged', files, async () => readData(folder, DATA).flatMap(judgedOf));
}

function judgedOf(data: LabelledData): Judged[] {
  process.stderr.write(`queries without an answer on ${data.name}\n`);
  const shelf = new Shelf(data);
  const queries = sourced(data);
  const answered = queries.map((query) => judge(query, 'answered', shelf));
  const nothing = nothingOf(data.name).map((query) => judge(query, 'nothing', shelf));
  const single = queries.filter(({ groups }) => groups.length === 1);
  const leftOut = [...groupedBy(single, (query) => serversOf(query).join(' '))].flatMap(([, own]) => {
    const [first] = own;
    if (!first) return [];
    return shelf.without(serversOf(first), () => own.map((query) => judge(query, 'left out', shelf)));
  });
  return [...answered, ...nothing, ...leftOut, ...amongFew(data, single)];
}

/** Returns queries asked of few servers: of the one that answers, and some others that stand beside it in the data. */
function amongFew(data: LabelledData, single: readonly SourcedQuery[]): Judged[] {
  const servers = [...new Set(data.tools.map(({ server }) => server))];
  const nothing = nothingOf(data.name);
  return [...groupedBy(single, (query) => serversOf(query).join(' '))].flatMap(([, own], at) => {
    const [first] = own;
    if (!first) return [];
    const others = servers.filter((_, place) => place % 61 === at % 61).slice(0, FEW);
    const few = new Set([...serversOf(first), ...others]);
    const shelf = new Shelf({ ...data, tools: data.tools.filter(({ server }) => few.has(server)) });
    const asked = own.filter((_, place) => place % Math.ceil(own.length / FEW_QUERIES) === 0);
    const unanswered = nothing.filter((_, place) => place % 13 === at % 13);
    const named = (query: SourcedQuery) => ({ ...query, source: `${data.name}${AMONG_FEW}` });
    return [
      ...asked.map((query) => judge(named(query), 'answered', shelf)),
      ...unanswered.map((query) => judge(named(query), 'nothing', shelf)),
    ];
  });
}

function nothingOf(catalog: string): SourcedQuery[] {
  const source = `nothing, ${catalog}`;
  return readNothing(catalog).map((query) => {
    return { id: query, set: source, source, family: source, query, groups: [], fits: true, reports: true };
  });
}

function serversOf({ groups }: SourcedQuery): string[] {
  return [...new Set(groups.flat().map((id) => id.split('::')[0] ?? ''))].sort();
}

function judge(query: SourcedQuery, kind: Judged['kind'], shelf: Shelf): Judged {
  const gold = new Set(query.groups.flat());
  const hits = shelf.search(query.query).map(({ id, facts, share }) => ({ facts, share, isGold: gold.has(id) }));
  return { source: query.source, family: query.family, kind, query: query.query, hits };
}

function readNothing(catalog: string): string[] {
  const all = JSON.parse(readFileSync(OWN, 'utf8')) as NoTool[]; // the file is ours
  return all.filter(({ holdsFor }) => holdsFor.includes(catalog)).map(({ query }) => query);
}

/** The tools of a set in an index, of which servers can be taken away for a while. */
class Shelf {
  readonly #index = new ToolIndex(RANKING.fields);
  readonly #entries: ToolEntry[];
  readonly #servers: string[];

  constructor(data: LabelledData) {
    this.#entries = entriesOf(data);
    this.#servers = [...new Set(this.#entries.map(({ server }) => server))];
    for (const [number, entry] of this.#entries.entries()) runToEnd(this.#index.add(number, fieldTerms(entry)));
  }

  /** Runs `ask` while the servers, and those whose names share a telling word with theirs, are away. */
  without<T>(servers: readonly string[], ask: () => T): T {
    const telling = new Set(servers.flatMap(tellingWords));
    const away = this.#servers.filter((one) => servers.includes(one) || tellingWords(one).some((w) => telling.has(w)));
    const numbers = [...this.#entries.keys()].filter((at) => away.includes(this.#entries[at]?.server ?? ''));
    for (const number of numbers) runToEnd(this.#index.remove(number));
    const answer = ask();
    for (const number of numbers) {
      const entry = this.#entries[number];
      if (entry) runToEnd(this.#index.add(number, fieldTerms(entry)));
    }
    return answer;
  }

  search(query: string): { id: string; facts: number[]; share: number }[] {
    const found = candidates(query, { index: this.#index, ranking: RANKING, entry: (number) => this.#entries[number] });
    const weights = Object.entries(RANKING.features) as [keyof typeof RANKING.features, number][];
    const valued = found.map((one) => {
      const value = weights.reduce((sum, [feature, weight]) => sum + weight * one.features[feature], 0);
      return { id: one.entry.id, facts: FIT_FACTS.map((fact) => one.facts[fact]), value };
    });
    valued.sort((a, b) => b.value - a.value || (a.id < b.id ? -1 : 1));
    const top = valued[0]?.value ?? 0;
    return valued.slice(0, SHOWN).map(({ id, facts, value }) => ({ id, facts, share: Math.exp(value - top) }));
  }
}

function tellingWords(server: string): string[] {
  const words = server.toLowerCase().split(/[^a-z0-9]+/);
  return words.filter((word) => word.length >= 3 && !COMMON.has(word));
}

function runToEnd(steps: Generator<void>): void {
  while (!steps.next().done);
}
