import type { JsonObject } from '../../src/core/json.ts';

/** A tool as a host offers it to the model. */
export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** What a model is told, block by block; `data` is base64. */
export type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly mimeType: string; readonly data: string };

/** A request to the model, in no vendor's words. */
export interface ModelRequest {
  readonly model: string;
  readonly tools: readonly OfferedTool[];
  /** System prompt. */
  readonly system: string;
  /** What was said since the model spoke last: the prompt, or results of tools. */
  readonly news: readonly Block[];
  /** Whether one of the results among the news is marked as an error; a dialect may have no such mark. */
  readonly failed: boolean;
}

/** What the model says: words, or calls of tools of the gateway by the names that it gives them. */
export interface Answer {
  readonly text?: string;
  readonly calls?: readonly { readonly tool: string; readonly input: JsonObject }[];
}

/** How a vendor's API says it. */
export interface Dialect {
  /** Of the endpoint. */
  readonly path: string;
  read(body: JsonObject): ModelRequest;
  /** The body of a response, as server-sent events where `stream`. */
  write(answer: Answer, request: ModelRequest, stream: boolean): string;
}
