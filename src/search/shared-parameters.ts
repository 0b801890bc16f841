import type { ToolDefinition, ToolEntry } from '../core/tool.ts';
import { rootProperties } from './schema-types.ts';
import { renderedParameters } from './signature.ts';

const NONE: ReadonlySet<string> = new Set();
/** A server with fewer tools has none that it repeats often enough. */
const MIN_TOOLS = 4;
/** Least share of a server's tools that take a shared parameter. */
const MIN_SHARE = 0.8;
/** Most tools that are looked at, spread over the list: a server may have thousands. */
const MAX_SAMPLED = 200;
/** Most characters of the shared parameters of one server in an answer. */
const MAX_CHARS = 300;

/**
 * Returns the names of the optional parameters that at least four of five tools of a server take (tenant, retry, auth):
 * they say nothing about one tool. None for a server with fewer than four tools.
 */
export function sharedParameters(tools: readonly ToolDefinition[]): ReadonlySet<string> {
  if (tools.length < MIN_TOOLS) return NONE;
  const step = Math.ceil(tools.length / MAX_SAMPLED);
  const sampled = tools.filter((_, at) => at % step === 0);
  const counts = new Map<string, number>();
  for (const { inputSchema } of sampled) {
    for (const { name, required } of rootProperties(inputSchema)) {
      if (!required) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const shared = [...counts].filter(([, count]) => count >= sampled.length * MIN_SHARE).map(([name]) => name);
  return shared.length > 0 ? new Set(shared) : NONE;
}

/** The shared parameters that an answer says once for several of its tools. */
export interface SaidOnce {
  /** By server: the names that signatures leave out. */
  readonly omitted: ReadonlyMap<string, ReadonlySet<string>>;
  /** By server: the parameters as in a signature, `tenant?: string, retry?: integer`. */
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * Returns the shared parameters that an answer with these tools says once instead of in each signature: of a server with
 * several of them those that all of them take in the same form, so that what is said is true of each.
 */
export function saidOnce(entries: readonly ToolEntry[], sharedOf: (server: string) => ReadonlySet<string>): SaidOnce {
  const omitted = new Map<string, ReadonlySet<string>>();
  const texts: [server: string, text: string][] = [];
  for (const server of new Set(entries.map((entry) => entry.server))) {
    const shared = sharedOf(server);
    const own = shared.size === 0 ? [] : entries.filter((entry) => entry.server === server);
    const said = own.length < 2 ? [] : takenByAll(own, shared);
    if (said.length === 0) continue;
    omitted.set(server, new Set(said.map(([name]) => name)));
    texts.push([server, said.map(([, text]) => text).join(', ')]);
  }
  return { omitted, texts: Object.fromEntries(texts) };
}

/** Returns name and text of the shared parameters that all of the tools take in the same form, as many as have room. */
function takenByAll(tools: readonly ToolEntry[], shared: ReadonlySet<string>): (readonly [string, string])[] {
  const [first, ...others] = tools.map(({ definition }) => rendered(definition, shared));
  let chars = 0;
  return [...(first ?? [])].filter(([name, text]) => {
    if (!others.every((parameters) => parameters.get(name) === text)) return false;
    chars += text.length + ', '.length;
    return chars <= MAX_CHARS;
  });
}

/** By definition, which never changes: its shared parameters as last rendered, since answers show the same tools again. */
const known = new WeakMap<ToolDefinition, { shared: ReadonlySet<string>; texts: ReadonlyMap<string, string> }>();

function rendered(definition: ToolDefinition, shared: ReadonlySet<string>): ReadonlyMap<string, string> {
  const last = known.get(definition);
  if (last?.shared === shared) return last.texts;
  const texts = renderedParameters(definition, shared);
  known.set(definition, { shared, texts });
  return texts;
}
