import type { Signal } from '../../core/abort.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Values by name; the names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Aborted to give the request up, or the rest of its answer. */
  readonly signal: Signal;
}

/** The answer to a request. Its body is bounded, and can be read once. */
export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  /** True for a status of 2xx. */
  readonly ok: boolean;
  /** Value of a header, whose name is in lower case. Several are joined by commas. */
  header(name: string): string | null;
  /**
   * Calls `take` with each chunk of the body. Resolves at its end or after `discard`. Rejects if it breaks off or is too
   * long.
   */
  read(take: (chunk: Uint8Array) => void): Promise<void>;
  /** Resolves with the whole body; otherwise as `read`. */
  text(): Promise<string>;
  /** Gives up the rest of the body, so that its connection is free for other requests or closed. */
  discard(): void;
}

/** The answer that a `Response` is. */
export class FetchedAnswer implements HttpAnswer {
  readonly #response: Response;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(response: Response) {
    this.#response = response;
  }

  get status(): number {
    return this.#response.status;
  }

  get statusText(): string {
    return this.#response.statusText;
  }

  get ok(): boolean {
    return this.#response.ok;
  }

  header(name: string): string | null {
    return this.#response.headers.get(name);
  }

  async read(take: (chunk: Uint8Array) => void): Promise<void> {
    this.#reader = this.#response.body?.getReader();
    for (;;) {
      const { value } = (await this.#reader?.read()) ?? {};
      if (!value) return;
      take(value);
    }
  }

  text(): Promise<string> {
    return this.#response.text();
  }

  discard(): void {
    void (this.#reader ?? this.#response.body)?.cancel().catch(() => {});
  }
}
