import { BoundedMap } from '../../core/bounded-map.ts';
import type { CallContext, Caller } from '../../core/call.ts';
import { causeOf, clip, GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type Answer, INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND } from '../../core/rpc.ts';
import { type Exposure, LISTS, type ListName, type PrimitiveKind, type PrimitiveSource, wrapUri } from './lists.ts';
import { listPage, type Target, withRemarks } from './merged-list.ts';
import { MAX_URI_CHARS, Routes } from './routes.ts';
import { ServerLists } from './server-lists.ts';

/** JSON-RPC code for an unknown resource, up to 2025-11-25. */
const RESOURCE_NOT_FOUND = -32_002;

/** The implementation of `Primitives`, loaded when a client asks for any. */
export class PrimitiveAnswers {
  readonly #source: PrimitiveSource;
  readonly #lists: ServerLists;
  readonly #routes: Routes;
  readonly #subscriptions = new Subscriptions();

  /**
   * `report` is called once per reading of a list, with the defects of the list or the cause that it could not be read.
   */
  constructor(
    source: PrimitiveSource,
    exposes: Exposure,
    report: (server: string, problem: string) => void = () => {},
  ) {
    this.#source = source;
    this.#lists = new ServerLists(source, exposes, report);
    this.#routes = new Routes(this.#lists);
  }

  /** Answers the methods of resources, prompts and completion. Rejects only if the caller cancels. */
  async handle(method: string, params: JsonObject, context: CallContext): Promise<Answer> {
    const tooLong = lengthError(params);
    if (tooLong !== undefined) return invalid(`${method}: ${tooLong}`);
    switch (method) {
      case 'resources/list':
        return this.#list('resources', params, context);
      case 'resources/templates/list':
        return this.#list('templates', params, context);
      case 'prompts/list':
        return this.#list('prompts', params, context);
      case 'resources/read':
        return this.#read(params, context);
      case 'resources/subscribe':
        return this.#subscribe(params, context);
      case 'resources/unsubscribe':
        return this.#unsubscribe(params, context);
      case 'prompts/get':
        return this.#prompt(params, context);
      case 'completion/complete':
        return this.#complete(params, context);
      default:
        return { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
    }
  }

  /**
   * Drops the remembered lists of a server. Called when its list of `kind` has changed, and without `kind` when it has
   * connected or gone.
   */
  invalidate(server: string, kind?: PrimitiveKind): void {
    if (kind) this.#lists.forget(server, kind, true);
    else for (const each of ['resources', 'prompts'] as const) this.#lists.forget(server, each, false);
  }

  /** Params of a server's `notifications/resources/updated`, with the URI that the caller in question uses. */
  updated(server: string, params: JsonObject): (caller: Caller) => JsonObject {
    const { uri } = params;
    if (typeof uri !== 'string') return () => params;
    const subscribed = this.#subscriptions.nameFor(server, uri);
    return (caller) => {
      const name = subscribed ?? this.#nameFor(server, uri, caller);
      return name === uri ? params : { ...params, uri: name };
    };
  }

  /** URIs to subscribe to again after this server has reconnected, as the server writes them. */
  subscriptionsOf(server: string): readonly string[] {
    return this.#subscriptions.of(server);
  }

  /** Key of the server on which a client has subscribed to this URI. */
  subscribedAt(uri: unknown): string | undefined {
    return this.#subscriptions.serverOf(uri);
  }

  #nameFor(server: string, uri: string, caller: Caller): string {
    const resources = this.#lists.remembered('resources', caller);
    const owner = resources.byName.get(uri)?.server ?? server;
    return resources.nameFor(server, uri) ?? (owner === server ? uri : wrapUri(server, uri));
  }

  async #list(name: ListName, { cursor }: JsonObject, context: CallContext): Promise<Answer> {
    // Later pages come from the same reading as the first one, even if that has expired.
    const list = await (cursor === undefined ? this.#lists.current(name, context) : this.#lists.known(name, context));
    const { remarks = () => [] } = this.#source;
    return listPage(list, LISTS[name].member, cursor, (item) => withRemarks(item, remarks(item)));
  }

  async #read(params: JsonObject, context: CallContext): Promise<Answer> {
    const { uri } = params;
    if (typeof uri !== 'string') return invalid('resources/read: uri must be a string');
    const { answer, target } = await this.#ask('resources/read', uri, params, context);
    return target ? withUri(answer, target.original, uri) : answer;
  }

  async #subscribe(params: JsonObject, context: CallContext): Promise<Answer> {
    const { uri } = params;
    if (typeof uri !== 'string') return invalid('resources/subscribe: uri must be a string');
    const { answer, target } = await this.#ask('resources/subscribe', uri, params, context);
    if (target) this.#subscriptions.add(uri, target);
    return answer;
  }

  async #unsubscribe(params: JsonObject, context: CallContext): Promise<Answer> {
    const { uri } = params;
    if (typeof uri !== 'string') return invalid('resources/unsubscribe: uri must be a string');
    const target = this.#subscriptions.take(uri);
    if (!target) return (await this.#ask('resources/unsubscribe', uri, params, context)).answer;
    return this.#request(target, 'resources/unsubscribe', { ...params, uri: target.original }, context);
  }

  async #prompt(params: JsonObject, context: CallContext): Promise<Answer> {
    const { name } = params;
    if (typeof name !== 'string') return invalid('prompts/get: name must be a string');
    const target = await this.#routes.prompt(name, context);
    if (!target) return invalid(`Prompt ${clip(name)} not found`);
    return this.#request(target, 'prompts/get', { ...params, name: target.original }, context);
  }

  async #complete(params: JsonObject, context: CallContext): Promise<Answer> {
    const { ref } = params;
    if (!isJsonObject(ref)) return invalid('completion/complete: ref must be an object');
    const { type, name, uri } = ref;
    if (type === 'ref/prompt' && typeof name === 'string') {
      const target = await this.#routes.prompt(name, context);
      if (!target) return invalid(`Prompt ${clip(name)} not found`);
      return this.#completion(target, { ...params, ref: { ...ref, name: target.original } }, context);
    }
    if (type === 'ref/resource' && typeof uri === 'string') {
      const target = await this.#routes.template(uri, context);
      if (!target) return invalid(`Resource template ${clip(uri)} not found`);
      return this.#completion(target, { ...params, ref: { ...ref, uri: target.original } }, context);
    }
    return invalid('completion/complete: ref must be a ref/prompt with a name or a ref/resource with a uri');
  }

  async #completion(target: Target, params: JsonObject, context: CallContext): Promise<Answer> {
    // Clients see one server that completes: they cannot know that the server of this target does not.
    if (!this.#source.servers('completions').includes(target.server)) return { result: { completion: { values: [] } } };
    return this.#request(target, 'completion/complete', params, context);
  }

  /**
   * Asks the server that owns a resource; its answer counts, also a refusal or failure. `target` is set if it gave a
   * result.
   */
  async #ask(method: string, uri: string, params: JsonObject, context: CallContext): Promise<Asked> {
    const route = await this.#routes.resource(uri, context);
    if ('rivals' in route) return { answer: invalid(ambiguousUri(uri, route.rivals)) };
    if ('anybody' in route) return this.#askAnybody(method, route.anybody, params, context);
    const { owner: target } = route;
    const answer = await this.#request(target, method, { ...params, uri: target.original }, context);
    return 'result' in answer ? { answer, target } : { answer };
  }

  /** Asks servers that may have a resource, until one answers without an error. */
  async #askAnybody(
    method: string,
    targets: readonly Target[],
    params: JsonObject,
    context: CallContext,
  ): Promise<Asked> {
    let refusal: Answer | undefined;
    for (const target of targets) {
      const answer = await this.#request(target, method, { ...params, uri: target.original }, context);
      if ('result' in answer) return { answer, target };
      refusal ??= answer;
    }
    if (refusal && targets.length === 1) return { answer: refusal };
    const { uri } = params;
    return { answer: { error: { code: RESOURCE_NOT_FOUND, message: 'Resource not found', data: { uri } } } };
  }

  async #request(target: Target, method: string, params: JsonObject, context: CallContext): Promise<Answer> {
    context.signal.throwIfAborted();
    try {
      return await this.#source.request(target.server, method, params, context);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const data = { ...error.details, server: target.server, code: error.code };
      return { error: { code: INTERNAL_ERROR, message: `${target.server}: ${causeOf(error)}`, data } };
    }
  }
}

/** The error for a URI that is longer than MAX_URI_CHARS; undefined for a shorter one. */
function lengthError({ uri, ref }: JsonObject): string | undefined {
  const asked = isJsonObject(ref) ? ref.uri : uri;
  if (typeof asked !== 'string' || asked.length <= MAX_URI_CHARS) return undefined;
  return `the URI has ${asked.length} characters; ask for one of at most ${MAX_URI_CHARS}`;
}

/** The answer to a request, and the server that gave it if it is a result. */
interface Asked {
  readonly answer: Answer;
  readonly target?: Target;
}

function ambiguousUri(uri: string, [first = '', ...others]: readonly string[]): string {
  const servers = `${[first, ...others.slice(0, -1)].join(', ')} and ${others.at(-1)}`;
  return `${clip(uri)} fits templates of ${servers} equally well: say whose it is, as in ${clip(wrapUri(first, uri))}`;
}

function invalid(message: string): Answer {
  return { error: { code: INVALID_PARAMS, message } };
}

/** The answer to a read, with the URI that the client asked for in place of the server's own. */
function withUri(answer: Answer, original: string, uri: string): Answer {
  if (original === uri || !('result' in answer) || !Array.isArray(answer.result.contents)) return answer;
  const contents = answer.result.contents.map((content: unknown) =>
    isJsonObject(content) && content.uri === original ? { ...content, uri } : content,
  );
  return { result: { ...answer.result, contents } };
}

/** Most subscriptions that are renewed after a reconnect; the oldest is dropped first. */
const MAX_SUBSCRIPTIONS = 1_000;

/** Subscriptions of clients, by the URIs that they use. */
export class Subscriptions {
  readonly #targets = new BoundedMap<string, Target>({ maxEntries: MAX_SUBSCRIPTIONS });

  add(uri: string, target: Target): void {
    this.#targets.set(uri, target);
  }

  /** Removes a subscription and returns its target. */
  take(uri: string): Target | undefined {
    const target = this.#targets.get(uri);
    this.#targets.delete(uri);
    return target;
  }

  /** The subscribed URIs of a server, as the server writes them. */
  of(server: string): string[] {
    const own = [...this.#targets.values()].filter((target) => target.server === server);
    return [...new Set(own.map(({ original }) => original))];
  }

  /** Key of the server on which clients have subscribed to this URI. */
  serverOf(uri: unknown): string | undefined {
    return typeof uri === 'string' ? this.#targets.get(uri)?.server : undefined;
  }

  /** The URI under which clients have subscribed to a server's resource. */
  nameFor(server: string, original: string): string | undefined {
    const found = [...this.#targets].find(([, target]) => target.server === server && target.original === original);
    return found?.[0];
  }
}
