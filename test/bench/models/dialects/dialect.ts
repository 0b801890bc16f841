import type { JsonObject } from '../../../../src/core/json.ts';
import type { OfferedTool } from '../../../hosts/model-dialect.ts';
import type { ToolAnswer } from '../scene.ts';

/** How a conversation begins. */
export interface Opening {
  readonly model: string;
  readonly system: string;
  readonly prompt: string;
  readonly tools: readonly OfferedTool[];
}

/** A call that the model makes; `fault` says why its input cannot be read. */
export interface ModelCall {
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
  readonly fault?: string;
}

/** Tokens of a request and its answer; what was read from a cache counts as well. */
export interface Usage {
  readonly tokensIn: number;
  readonly tokensOut: number;
}

/** What the model said in a turn. */
export interface Reply {
  readonly text: string;
  readonly calls: readonly ModelCall[];
  /** As the API counted; absent: it did not. */
  readonly usage?: Usage;
  /** The model's message as the next request repeats it. */
  readonly message: JsonObject;
}

/** A request's body. */
export type Body = JsonObject & { readonly messages: readonly JsonObject[] };

/** How a client speaks a vendor's API; `test/hosts` has the model's side of both. */
export interface ClientDialect {
  headers(key: string): Readonly<Record<string, string>>;
  open(opening: Opening): Body;
  /** Reads a response; throws if it is none. */
  read(response: JsonObject): Reply;
  /** The messages that tell what the calls of a turn gave. */
  results(answers: readonly { readonly call: ModelCall; readonly answer: ToolAnswer }[]): JsonObject[];
}

/** The whole number; undefined for anything else. */
export function countIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
