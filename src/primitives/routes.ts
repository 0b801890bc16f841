import type { CallContext } from '../core/call.ts';
import type { MergedList, Target } from './merge-lists.ts';
import type { ServerLists } from './server-lists.ts';
import { beginsAlike, hasScheme, matchUriTemplate, withPlainScheme } from './uri-template.ts';
import { isOfGateway, unwrapUri } from './wrapped-uri.ts';

/** The servers that may have a resource, best first. */
export interface Route {
  readonly targets: readonly Target[];
  /** Whether it is known to be theirs; else they are just everybody there is to ask. */
  readonly owned: boolean;
}

/** Whose a prompt or resource is, by the name that clients use. */
export class Routes {
  readonly #lists: ServerLists;

  constructor(lists: ServerLists) {
    this.#lists = lists;
  }

  /** The server of a prompt; undefined if several servers have prompts and none lists this one. */
  async prompt(name: string, context: CallContext): Promise<Target | undefined> {
    const find = (list: MergedList) => list.byName.get(name) ?? this.#renamedPrompt(list, name);
    const found =
      find(await this.#lists.known('prompts', context)) ?? find(await this.#lists.current('prompts', context));
    const [server, ...others] = this.#lists.servers('prompts');
    // The only server there is says best itself that it has no such prompt; or it has one that it does not list.
    return found ?? (server !== undefined && others.length === 0 ? { server, original: name } : undefined);
  }

  /** The server that lists a URI, or for which it was wrapped, or whose template fits it; else every server. */
  async resource(uri: string, context: CallContext): Promise<Route> {
    const { byName } = await this.#lists.known('resources', context);
    const listed = byName.get(uri) ?? byName.get(withPlainScheme(uri)) ?? this.#wrapped(uri);
    if (listed) return { targets: [listed], owned: true };
    // Such a URI was made for one server: whoever else were asked would answer for it.
    if (isOfGateway(uri)) return { targets: [], owned: false };
    const fitting = templatesFor(await this.#lists.known('templates', context), uri);
    if (fitting.length > 0) return { targets: fitting, owned: true };
    const servers = this.#lists.servers('resources');
    return { targets: servers.map((server) => ({ server, original: uri })), owned: false };
  }

  /** The server of a URI template, or of a resource; undefined if none is known to have it. */
  async template(uri: string, context: CallContext): Promise<Target | undefined> {
    const listed = (await this.#lists.known('templates', context)).byName.get(uri);
    if (listed) return listed;
    const { targets, owned } = await this.resource(uri, context);
    return owned || targets.length === 1 ? targets[0] : undefined;
  }

  /** A prompt under the name that it had while another server had the same; of the longest key that the name begins with. */
  #renamedPrompt(list: MergedList, name: string): Target | undefined {
    const servers = this.#lists.servers('prompts').toSorted((a, b) => b.length - a.length);
    for (const server of servers) {
      const original = name.slice(server.length + 2);
      if (name === `${server}__${original}` && list.nameFor(server, original)) return { server, original };
    }
    return undefined;
  }

  #wrapped(uri: string): Target | undefined {
    for (const server of this.#lists.servers('resources')) {
      const original = unwrapUri(server, uri);
      if (original !== undefined) return { server, original };
    }
    return undefined;
  }
}

/** Steps that a URI is matched for against the templates of one server: some 50 ms, and ten thousand usual templates. */
const MAX_STEPS = 20_000_000;

/**
 * The servers with templates that the URI fits, the longest literal beginning first; a template without a scheme claims
 * nothing, nor do those of a server that come after too much work.
 */
function templatesFor(templates: MergedList, uri: string): Target[] {
  const steps = new Map<string, number>();
  const fitting = [...templates.byName].flatMap(([template, { server }]) => {
    if (!hasScheme(template) || !beginsAlike(template, uri)) return [];
    const taken = (steps.get(server) ?? 0) + template.length * uri.length;
    steps.set(server, taken);
    const length = taken > MAX_STEPS ? undefined : matchUriTemplate(template, uri);
    return length === undefined ? [] : [{ server, length }];
  });
  const servers = fitting.sort((a, b) => b.length - a.length).map(({ server }) => server);
  return [...new Set(servers)].map((server) => ({ server, original: uri }));
}
