import { join } from 'node:path';
import { EmbeddingsEndpoint, type EmbeddingsEndpointOptions } from '../../src/search/semantics/embeddings-endpoint.ts';
import { embeddable, ToolVectors } from '../../src/search/semantics/tool-vectors.ts';
import { VectorFile } from '../../src/search/semantics/vector-file.ts';
import type { LabelledTool } from './data.ts';
import { catalogOf, type Searcher } from './searchers.ts';

/** Vectors of tools stay here from run to run; those of queries do not. */
const FOLDER = join('node_modules', '.cache', 'bench', 'vectors');
const LIMIT = 10;
const BATCH = 32;
const NEAREST = 50;
const REQUEST_MS = 120_000;
const visible = () => true;

/** Returns the endpoint that the variables name; undefined if they name none. */
export function embeddingsFrom(env: NodeJS.ProcessEnv): EmbeddingsEndpointOptions | undefined {
  const { EMBEDDINGS_URL: url, EMBEDDINGS_MODEL: model, EMBEDDINGS_API_KEY: apiKey } = env;
  if (!url) return undefined;
  if (!model) throw new Error('EMBEDDINGS_URL needs EMBEDDINGS_MODEL, the name of the model there');
  return { url, model, apiKey };
}

/** Asks the endpoint for the vectors of all tools; returns a search by words and meaning for any weight. */
export async function meaningOf(
  tools: readonly LabelledTool[],
  options: EmbeddingsEndpointOptions,
): Promise<(weight: number) => Searcher> {
  const catalog = await catalogOf(tools);
  const endpoint = new EmbeddingsEndpoint(options);
  const vectors = new ToolVectors(new VectorFile(FOLDER, [options.url, options.model]));
  for (const server of new Set(tools.map((tool) => tool.server))) vectors.setServer(server, catalog.toolsOf(server));
  await learn(vectors, endpoint);
  const known = new Map<string, Float32Array | undefined>();
  return (weight) => async (query) => {
    if (!known.has(query)) known.set(query, (await endpoint.embed([embeddable(query)], inTime()))[0]);
    const vector = known.get(query);
    const likeness = vector && { ...vectors.likeness(vector, visible, NEAREST), weight };
    return catalog.search(query, { limit: LIMIT, visible, likeness }).hits.map(({ entry }) => entry.id);
  };
}

async function learn(vectors: ToolVectors, endpoint: EmbeddingsEndpoint): Promise<void> {
  let isNew = false;
  for (;;) {
    const batch = await vectors.missing(BATCH);
    if (batch.length === 0) break;
    const found = await endpoint.embed(
      batch.map(({ text }) => text),
      inTime(),
    );
    vectors.checkDimensions(found[0]?.length ?? 0);
    vectors.learn(batch, found);
    isNew = true;
  }
  if (isNew) await vectors.save(inTime());
}

const inTime = () => AbortSignal.timeout(REQUEST_MS);
