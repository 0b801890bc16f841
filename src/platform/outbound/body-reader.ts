import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createUnzip } from 'node:zlib';
import type { BodyFilter } from './body-filter.ts';

interface BodyReaderOptions {
  /** The header `Content-Encoding`; null: the body is not compressed. */
  readonly encoding: string | null;
  /** Bounds the decoded body. Undefined: it is passed on whole. */
  readonly filter: BodyFilter | undefined;
  /** Called with each decoded chunk. */
  readonly take: (chunk: Uint8Array) => void;
  /** Called when no more chunks are wanted. */
  readonly onEnough: () => void;
  /** Called when chunks may come again after `write` has returned false. */
  readonly onDrain: () => void;
}

/** Decodes and bounds the chunks of one body. */
export class BodyReader {
  /** Resolves when the whole body was taken, or as much of it as is read; rejects if it is too long or broke off. */
  readonly done: Promise<void>;
  readonly #options: BodyReaderOptions;
  readonly #decoder: Transform | undefined;
  #isOver = false;
  #settle: (error?: unknown) => void = () => {};

  constructor(options: BodyReaderOptions) {
    this.#options = options;
    this.#decoder = decoderFor(options.encoding);
    this.done = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.#decoder
      ?.on('data', (chunk: Uint8Array) => this.#pass(chunk))
      .on('drain', options.onDrain)
      .once('end', () => this.#finish())
      .once('error', (error) => this.#stop(error));
  }

  /** Takes a chunk as it came. Returns false if no more should come until `onDrain`. */
  write(chunk: Uint8Array): boolean {
    if (this.#isOver) return true;
    if (this.#decoder) return this.#decoder.write(chunk);
    this.#pass(chunk);
    return true;
  }

  /** Called after the last chunk; with the error if the body broke off there. */
  end(error: unknown): void {
    if (error !== undefined) this.#over(error);
    else if (this.#isOver) return;
    else if (this.#decoder) this.#decoder.end();
    else this.#finish();
  }

  #pass(chunk: Uint8Array): void {
    const { filter, take } = this.#options;
    try {
      const passed = filter ? filter.take(chunk) : chunk;
      if (!passed) this.#stop(undefined);
      else if (passed.byteLength > 0) take(passed);
    } catch (error) {
      this.#stop(error);
    }
  }

  #finish(): void {
    const { filter, take } = this.#options;
    const rest = filter?.rest();
    if (rest) take(rest);
    this.#over(undefined);
  }

  #stop(error: unknown): void {
    this.#over(error);
    this.#options.onEnough();
  }

  #over(error: unknown): void {
    this.#isOver = true;
    this.#decoder?.destroy();
    this.#settle(error);
  }
}

/** As `fetch`, takes compressed bodies that end early, and those of an encoding that it does not know as they are. */
function decoderFor(encoding: string | null): Transform | undefined {
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      return createUnzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH });
    case 'br':
      return createBrotliDecompress({
        flush: constants.BROTLI_OPERATION_FLUSH,
        finishFlush: constants.BROTLI_OPERATION_FLUSH,
      });
    default:
      return undefined;
  }
}
