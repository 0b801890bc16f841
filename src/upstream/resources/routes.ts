import type { CallContext, Caller } from '../../core/call.ts';
import { isOfGateway, unwrapUri } from './lists.ts';
import type { MergedList, Target } from './merged-list.ts';
import type { ServerLists } from './server-lists.ts';

/** Whose a resource is: one server's; as likely one's as another's; or nobody's that is known, so that all may be asked. */
type Route =
  | { readonly owner: Target }
  | { readonly rivals: readonly string[] }
  | { readonly anybody: readonly Target[] };

/** Whose a prompt or resource is, by the name that clients use. */
export class Routes {
  readonly #lists: ServerLists;

  constructor(lists: ServerLists) {
    this.#lists = lists;
  }

  /** The server of a prompt; undefined if several servers have prompts and none lists this one. */
  async prompt(name: string, context: CallContext): Promise<Target | undefined> {
    const { caller } = context;
    const find = (list: MergedList) => list.byName.get(name) ?? this.#renamedPrompt(list, name, caller);
    const found =
      find(await this.#lists.known('prompts', context)) ?? find(await this.#lists.current('prompts', context));
    const [server, ...others] = this.#lists.servers('prompts', caller);
    // The only server there is says best itself that it has no such prompt; or it has one that it does not list.
    return found ?? (server !== undefined && others.length === 0 ? { server, original: name } : undefined);
  }

  /**
   * The server that lists a URI, or for which it was wrapped, or whose template fits it best; else every server. A server
   * that cannot be asked now keeps what it is known to list: its failure is no chance for another one.
   */
  async resource(uri: string, context: CallContext): Promise<Route> {
    const { caller } = context;
    const { byName } = await this.#lists.known('resources', context);
    const listed = byName.get(uri) ?? byName.get(withPlainScheme(uri));
    const owner = listed ?? this.#wrapped(uri, caller) ?? this.#absent(uri, caller);
    if (owner) return { owner };
    // Such a URI was made for one server: whoever else were asked would answer for it.
    if (isOfGateway(uri)) return { anybody: [] };
    const [server, ...rivals] = bestFitting(
      this.#templates(await this.#lists.known('templates', context), caller),
      uri,
    );
    if (server !== undefined)
      return rivals.length > 0 ? { rivals: [server, ...rivals] } : { owner: { server, original: uri } };
    return { anybody: this.#lists.servers('resources', caller).map((each) => ({ server: each, original: uri })) };
  }

  /** The server of a URI template, or of a resource; undefined if none is known to have it. */
  async template(uri: string, context: CallContext): Promise<Target | undefined> {
    const listed = (await this.#lists.known('templates', context)).byName.get(uri);
    if (listed) return listed;
    const route = await this.resource(uri, context);
    if ('owner' in route) return route.owner;
    return 'anybody' in route && route.anybody.length === 1 ? route.anybody[0] : undefined;
  }

  #absent(uri: string, caller: Caller): Target | undefined {
    const names = [uri, withPlainScheme(uri)];
    const owner = this.#lists
      .absent('resources', caller)
      .find(([, items]) => items.some((name) => names.includes(name)));
    return owner && { server: owner[0], original: uri };
  }

  /** Every template that clients see, and those of servers that cannot be asked now, unless another server has that name meanwhile. */
  #templates({ byName }: MergedList, caller: Caller): Claim[] {
    const seen = [...byName].map(([template, { server }]) => ({ template, server }));
    const absent = this.#lists
      .absent('templates', caller)
      .flatMap(([server, names]) => names.map((template) => ({ template, server })));
    return [...seen, ...absent.filter(({ template }) => !byName.has(template))];
  }

  /** A prompt under the name that it had while another server had the same; of the longest key that the name begins with. */
  #renamedPrompt(list: MergedList, name: string, caller: Caller): Target | undefined {
    const servers = this.#lists.servers('prompts', caller).toSorted((a, b) => b.length - a.length);
    for (const server of servers) {
      const original = name.slice(server.length + 2);
      if (name === `${server}__${original}` && list.nameFor(server, original)) return { server, original };
    }
    return undefined;
  }

  #wrapped(uri: string, caller: Caller): Target | undefined {
    for (const server of this.#lists.servers('resources', caller)) {
      const original = unwrapUri(server, uri);
      if (original !== undefined) return { server, original };
    }
    return undefined;
  }
}

/** A template, and whose it is. */
interface Claim {
  readonly template: string;
  readonly server: string;
}

/** Steps that a URI is matched for against the templates of one server: some 50 ms, and ten thousand usual templates. */
const MAX_STEPS = 20_000_000;

/**
 * The servers with the template that the URI fits and whose literal beginning is longest. A template without a scheme
 * claims nothing, nor do those of a server that come after too much work.
 */
function bestFitting(claims: readonly Claim[], uri: string): string[] {
  const steps = new Map<string, number>();
  const fitting = claims.flatMap(({ template, server }) => {
    if (!hasScheme(template) || !beginsAlike(template, uri)) return [];
    const taken = (steps.get(server) ?? 0) + template.length * uri.length;
    steps.set(server, taken);
    const length = taken > MAX_STEPS ? undefined : matchUriTemplate(template, uri);
    return length === undefined ? [] : [{ server, length }];
  });
  const longest = fitting.reduce((most, { length }) => Math.max(most, length), 0);
  return [...new Set(fitting.filter(({ length }) => length === longest).map(({ server }) => server))];
}

/** How an expression of a template expands: what it starts with, and which characters it cannot hold. */
interface Expression {
  readonly first: string;
  readonly excluded: string;
}

/** RFC 6570, levels 1 to 3. More is taken than strict expansion makes: clients rarely encode. */
const OPERATORS: Readonly<Record<string, Expression>> = {
  '+': { first: '', excluded: '' },
  '#': { first: '#', excluded: '' },
  '.': { first: '.', excluded: '/' },
  '/': { first: '/', excluded: '?#' },
  ';': { first: ';', excluded: '/?#' },
  '?': { first: '?', excluded: '#' },
  '&': { first: '&', excluded: '#' },
};
const SIMPLE: Expression = { first: '', excluded: '/' };

/** Whether a template says the scheme of its URIs: one that does not fits what any server has. */
function hasScheme(template: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(template);
}

/** Longest URI that a client may ask for, in characters: that of any request over HTTP is shorter. */
export const MAX_URI_CHARS = 65_536;

/** Whether a URI begins as all expansions of a template do: much less work than to match it. */
function beginsAlike(template: string, uri: string): boolean {
  const open = template.indexOf('{');
  return withPlainScheme(uri).startsWith(withPlainScheme(open < 0 ? template : template.slice(0, open)));
}

/**
 * The length of the literal text that a template starts with, if the URI may be an expansion of it; else undefined. Takes at
 * most as many steps as the product of their lengths.
 */
export function matchUriTemplate(written: string, asked: string): number | undefined {
  const [template, uri] = [withPlainScheme(written), withPlainScheme(asked)];
  // Literal texts at even places, expressions at odd ones.
  const parts = template.split(/\{([^{}]*)\}/);
  const [prefix = ''] = parts;
  if (!uri.startsWith(prefix) || !uri.endsWith(parts.at(-1) ?? '')) return undefined;
  // Every end that the parts so far can have in the URI: a regular expression would back up.
  let ends = new Uint8Array(uri.length + 1);
  ends[prefix.length] = 1;
  for (const [index, part] of parts.entries()) {
    if (index === 0) continue;
    ends =
      index % 2 === 0 ? afterLiteral(uri, ends, part) : afterExpression(uri, ends, OPERATORS[part[0] ?? ''] ?? SIMPLE);
    if (!ends.includes(1)) return undefined;
  }
  return ends[uri.length] === 1 ? prefix.length : undefined;
}

/** Schemes are the same in capitals and small letters. */
function withPlainScheme(uri: string): string {
  return uri.replace(/^[A-Za-z][A-Za-z0-9+.-]*:/, (scheme) => scheme.toLowerCase());
}

/** Which places of a URI something may end at: 1, else 0. */
type Ends = Uint8Array<ArrayBuffer>;

function afterLiteral(uri: string, starts: Ends, literal: string): Ends {
  if (literal === '') return starts;
  const ends = new Uint8Array(starts.length);
  for (let start = starts.indexOf(1); start >= 0; start = starts.indexOf(1, start + 1))
    if (uri.startsWith(literal, start)) ends[start + literal.length] = 1;
  return ends;
}

function afterExpression(uri: string, starts: Ends, { first, excluded }: Expression): Ends {
  // An expression with an operator expands to nothing where its variables are undefined.
  const ends = first ? starts.slice() : new Uint8Array(starts.length);
  let isInside = false;
  for (let at = 0; at <= uri.length; at++) {
    const begins = first ? at > 0 && starts[at - 1] === 1 && uri[at - 1] === first : starts[at] === 1;
    if (isInside || (begins && first)) ends[at] = 1;
    isInside = (isInside || begins) && !excluded.includes(uri.charAt(at));
  }
  return ends;
}
