import { causeOf } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import { boundedText } from '../../platform/outbound/bounded-body.ts';
import { Outbound } from '../../platform/outbound/outbound.ts';
import { unitVector } from './vector-math.ts';

export interface EmbeddingsEndpointOptions {
  /** Address of the endpoint, with or without `/embeddings` at the end of its path. */
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Longest answer in bytes: a batch of the longest vectors has a few MiB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** An OpenAI-compatible endpoint that turns texts into vectors. */
export class EmbeddingsEndpoint {
  readonly #url: URL;
  readonly #outbound: Outbound;
  readonly #model: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #secrets: readonly string[];

  constructor({ url, model, apiKey, headers = {} }: EmbeddingsEndpointOptions) {
    this.#url = embeddingsUrl(url);
    this.#outbound = new Outbound({ url });
    this.#model = model;
    this.#headers = {
      'content-type': 'application/json',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      ...headers,
    };
    this.#secrets = [apiKey ?? '', ...Object.values(headers)].filter((text) => text !== '');
  }

  /** Unit vectors of equal dimensions, one per text. Rejects with a message without secrets. */
  async embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    try {
      return vectorsOf(await this.#post({ model: this.#model, input: texts }, signal), texts.length);
    } catch (error) {
      throw new Error(this.#withoutSecrets(causeOf(signal.aborted ? signal.reason : error)));
    }
  }

  async #post(body: object, signal: AbortSignal): Promise<unknown> {
    const response = await this.#outbound.follow(this.#url, {
      method: 'POST',
      headers: this.#headers,
      body: JSON.stringify(body),
      // A redirect would send our headers to another host.
      redirect: 'error',
      signal,
    });
    const text = await boundedText(response, MAX_BYTES);
    if (!response.ok) throw new Error(`the embeddings endpoint answered with HTTP ${response.status}`);
    try {
      return JSON.parse(text);
    } catch {
      // The message of the parser quotes the answer, which may quote our request.
      throw new Error('the embeddings endpoint answered with something other than JSON');
    }
  }

  // The HTTP client quotes a header that it refuses.
  #withoutSecrets(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  }
}

function embeddingsUrl(text: string): URL {
  const url = new URL(text);
  const path = url.pathname.replace(/(?<!\/)\/+$/, '');
  url.pathname = path.endsWith('/embeddings') ? path : `${path}/embeddings`;
  return url;
}

function vectorsOf(answer: unknown, count: number): Float32Array[] {
  const data = isJsonObject(answer) ? answer.data : undefined;
  if (!Array.isArray(data) || data.length !== count) throw new Error(`the answer does not hold ${count} embeddings`);
  const vectors = inOrder(data).map(vectorOf);
  if (vectors.some(({ length }) => length !== vectors[0]?.length)) throw new Error('the embeddings differ in length');
  return vectors;
}

/** Items in the order of `index`, if the endpoint gives one. */
function inOrder(data: readonly unknown[]): unknown[] {
  const place = (item: unknown) => (isJsonObject(item) && typeof item.index === 'number' ? item.index : 0);
  return [...data].sort((a, b) => place(a) - place(b));
}

function vectorOf(item: unknown): Float32Array {
  const components = isJsonObject(item) ? item.embedding : undefined;
  const isNumbers = Array.isArray(components) && components.every((component) => typeof component === 'number');
  const vector = isNumbers ? unitVector(components) : undefined;
  if (!vector) throw new Error('an embedding is not an array of numbers with a direction');
  return vector;
}
