import type { CallContext, Caller } from '../../core/call.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Answer } from '../../core/rpc.ts';
import type { Exposure, PrimitiveKind, PrimitiveSource } from './lists.ts';
import type { PrimitiveAnswers } from './primitive-answers.ts';

/**
 * Resources, prompts and completion of all servers, as if they were one server's. The implementation is loaded at the
 * first request of a client: before it no list is known and no subscription exists.
 */
export class Primitives {
  readonly #load: () => Promise<PrimitiveAnswers>;
  #loading: Promise<PrimitiveAnswers> | undefined;
  #answers: PrimitiveAnswers | undefined;

  /**
   * `report` is called once per reading of a list, with the defects of the list or the cause that it could not be read.
   */
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

  /** Answers the methods of resources, prompts and completion. Rejects only if the caller cancels. */
  async handle(method: string, params: JsonObject, context: CallContext): Promise<Answer> {
    this.#loading ??= this.#load();
    return (await this.#loading).handle(method, params, context);
  }

  /**
   * Drops the remembered lists of a server. Called when its list of `kind` has changed, and without `kind` when it has
   * connected or gone.
   */
  invalidate(server: string, kind?: PrimitiveKind): void {
    this.#answers?.invalidate(server, kind);
  }

  /** Params of a server's `notifications/resources/updated`, with the URI that the caller in question uses. */
  updated(server: string, params: JsonObject): (caller: Caller) => JsonObject {
    return this.#answers?.updated(server, params) ?? (() => params);
  }

  /** URIs to subscribe to again after this server has reconnected, as the server writes them. */
  subscriptionsOf(server: string): readonly string[] {
    return this.#answers?.subscriptionsOf(server) ?? [];
  }

  /** Key of the server on which a client has subscribed to this URI. */
  subscribedAt(uri: unknown): string | undefined {
    return this.#answers?.subscribedAt(uri);
  }
}
