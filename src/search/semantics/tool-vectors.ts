import { setImmediate } from 'node:timers/promises';
import { isJsonObject } from '../../core/json.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { type Likeness, likenessOf, spreadOf } from '../likeness.ts';
import { keyOf, type VectorFile, type Vectors } from './vector-file.ts';
import { dot, isUnitVector, mostSimilarSigns, signsOf } from './vector-math.ts';

/** A tool with the key and vector of its text, as far as they are known. */
interface Known {
  readonly entry: ToolEntry;
  key?: string;
  vector?: Float32Array | undefined;
  signs?: Int32Array;
}

type Comparable = Known & { readonly vector: Float32Array; readonly signs: Int32Array };

/** A tool without a vector, as the text to embed. */
interface Missing {
  readonly key: string;
  readonly text: string;
}

/**
 * Most tools that are compared in full. Of more, those with the signs most like the query's: all of 10,000 would take
 * 10 ms.
 */
const MAX_COMPARED = 2_000;
/** Most tools by which it is told how like tools usually are. */
const MAX_SAMPLED = 500;
/** Tools looked up per turn of the event loop: well under 5 ms. */
const SLICE = 250;

/** Vectors of the tools of all servers. */
export class ToolVectors {
  readonly #file: VectorFile;
  /** By server and id. */
  readonly #servers = new Map<string, ReadonlyMap<string, Known>>();
  #vectors: Vectors | undefined;
  #dimensions: number | undefined;

  constructor(file: VectorFile) {
    this.#file = file;
  }

  setServer(server: string, entries: readonly ToolEntry[]): void {
    this.#servers.set(server, new Map(entries.map((entry) => [entry.id, { entry }])));
  }

  removeServer(server: string): void {
    this.#servers.delete(server);
  }

  /** True if any tool can be compared. */
  get hasVectors(): boolean {
    return this.#known().some(({ vector }) => vector);
  }

  /** Up to `most` tools whose vectors are neither stored nor learned. */
  async missing(most: number): Promise<Missing[]> {
    this.#vectors ??= await this.#file.read();
    const found: Missing[] = [];
    let looked = 0;
    for (const known of this.#known()) {
      if (known.vector) continue;
      if (++looked % SLICE === 0) await setImmediate();
      const text = toolText(known.entry);
      known.key ??= keyOf(text);
      known.vector = this.#sound(known.key);
      if (known.vector) known.signs = signsOf(known.vector);
      else found.push({ key: known.key, text });
      if (found.length === most) break;
    }
    return found;
  }

  /** Adds the vectors of missing tools, given in the same order. */
  learn(tools: readonly Missing[], vectors: readonly Float32Array[]): void {
    for (const [index, vector] of vectors.entries()) this.#vectors?.set(tools[index]?.key ?? '', vector);
  }

  /**
   * Checks the dimensions of an answer. The first answer of a run decides: the endpoint may use another model under the
   * same name since the file was written. Throws if a later answer differs.
   */
  checkDimensions(dimensions: number): void {
    if (this.#dimensions === undefined) this.#forgetOthers(dimensions);
    this.#dimensions ??= dimensions;
    if (dimensions === this.#dimensions) return;
    throw new Error(`the endpoint answered with ${dimensions} dimensions after ${this.#dimensions}`);
  }

  /** Writes the known vectors for the next run: those of current tools first, then earlier ones. */
  async save(signal: AbortSignal): Promise<void> {
    const vectors = new Map(this.#known().flatMap(({ key, vector }) => (key && vector ? [[key, vector]] : [])));
    const earlier = [...(this.#vectors ?? [])].filter(([, { length }]) => length === this.#dimensions);
    for (const [key, vector] of earlier) if (!vectors.has(key)) vectors.set(key, vector);
    await this.#file.write(vectors, signal);
  }

  /** Compares all tools with a vector; `nearest` has up to `most` visible ones, ties by id. */
  likeness(query: Float32Array, visible: (entry: ToolEntry) => boolean, most: number): Likeness {
    const comparable = this.#known().filter((known): known is Comparable => {
      return known.vector?.length === query.length && known.signs !== undefined && visible(known.entry);
    });
    const similarities = mostSimilarSigns(comparable, signsOf(query), Math.max(MAX_COMPARED, most)).map(
      ({ entry, vector }): [string, number] => [entry.id, dot(vector, query)],
    );
    const step = Math.ceil(comparable.length / MAX_SAMPLED);
    const sample = comparable.filter((_, at) => at % step === 0).map(({ vector }) => dot(vector, query));
    const nearest = similarities.sort(compare).slice(0, most);
    const of = ({ id, server }: ToolEntry) => {
      const vector = this.#servers.get(server)?.get(id)?.vector;
      return vector?.length === query.length ? dot(vector, query) : undefined;
    };
    return likenessOf({ nearest: nearest.map(([id]) => id), of }, spreadOf(sample));
  }

  #known(): Known[] {
    return [...this.#servers.values()].flatMap((tools) => [...tools.values()]);
  }

  #sound(key: string): Float32Array | undefined {
    const vector = this.#vectors?.get(key);
    return vector && vector.length === (this.#dimensions ?? vector.length) && isUnitVector(vector) ? vector : undefined;
  }

  #forgetOthers(dimensions: number): void {
    for (const known of this.#known()) if (known.vector?.length !== dimensions) known.vector = undefined;
  }
}

/** Order by similarity, highest first. Ties go by code units of the id, which is the same in every locale. */
function compare([a, similarityOfA]: [string, number], [b, similarityOfB]: [string, number]): number {
  if (similarityOfA !== similarityOfB) return similarityOfB - similarityOfA;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Longest text in characters: about 400 tokens of English. Small embedding models read 512. */
const MAX_CHARS = 1_500;

/** Text of a tool for its embedding: server, names, description and parameter names, bounded. */
function toolText({ server, definition }: ToolEntry): string {
  const { name, title, description, inputSchema } = definition;
  const { properties } = inputSchema;
  const parameters = isJsonObject(properties) ? Object.keys(properties).join(', ') : '';
  const parts = [`${server}: ${name}`, title, description, parameters];
  return embeddable(parts.filter((part) => typeof part === 'string' && part !== '').join('\n'));
}

/** A text for an endpoint: bounded, and without lone surrogates, for which some endpoints refuse the whole batch. */
export function embeddable(text: string): string {
  return Buffer.from(text.slice(0, MAX_CHARS)).toString();
}
