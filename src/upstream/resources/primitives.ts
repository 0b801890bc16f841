import type { CallContext, Caller } from '../../core/call.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answer } from '../../core/rpc.ts';
import type { Exposure, PrimitiveKind, PrimitiveSource } from './lists.ts';
import type { PrimitiveAnswers } from './primitive-answers.ts';

/**
 * Resources, prompts and completion of all servers as if they were one server's. What answers is loaded when a client asks
 * for the first time: until then no list is known and nobody is subscribed.
 */
export class Primitives {
  readonly #load: () => Promise<PrimitiveAnswers>;
  #loading: Promise<PrimitiveAnswers> | undefined;
  #answers: PrimitiveAnswers | undefined;

  /** `report` is told, once per reading, what a server's list lacks or why it could not be read. */
  constructor(
    source: PrimitiveSource,
    exposes: Exposure,
    report: (server: string, problem: string) => void = () => {},
  ) {
    this.#load = async () => {
      const { PrimitiveAnswers } = await import('./primitive-answers.ts');
      this.#answers = new PrimitiveAnswers(source, exposes, report);
      return this.#answers;
    };
  }

  /** Answers the methods of resources, prompts and completion. Rejects only when the caller has given up. */
  async handle(method: string, params: JsonObject, context: CallContext): Promise<Answer> {
    this.#loading ??= this.#load();
    return (await this.#loading).handle(method, params, context);
  }

  /** The server said that its list changed, or (without a kind) it connected or went: what is known of it is read anew. */
  invalidate(server: string, kind?: PrimitiveKind): void {
    this.#answers?.invalidate(server, kind);
  }

  /** Params of a server's `notifications/resources/updated`, with the URI that the caller in question uses. */
  updated(server: string, params: JsonObject): (caller: Caller) => JsonObject {
    return this.#answers?.updated(server, params) ?? (() => params);
  }

  /** URIs to subscribe to again after that server reconnected, in its own words. */
  subscriptionsOf(server: string): readonly string[] {
    return this.#answers?.subscriptionsOf(server) ?? [];
  }

  /** The server at which clients are subscribed to the resource of that URI. */
  subscribedAt(uri: unknown): string | undefined {
    return this.#answers?.subscribedAt(uri);
  }
}
