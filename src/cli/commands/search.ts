import type { SearchFilters } from '../../broker/finder.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { ASKED_STATES, type AskedState, loginCommand, type ServerState, stands } from '../../core/server-state.ts';
import { type Colors, colorsFor, isForPeople, type Terminal } from '../terminal/terminal.ts';
import { align, jsonText, wrap } from '../terminal/text-layout.ts';
import { type CommandArguments, LIST_SECONDS, timeoutMs } from './command.ts';
import { type LocalGateway, searchAll, waitOf, withGateway } from './local-gateway.ts';
import { reportMisuse } from './report.ts';

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 50;

/**
 * Implements `mcp-gateway search [words…]`: shows what a model would find. Resolves with the exit code: 0, also if
 * nothing was found.
 */
export async function search(args: CommandArguments, terminal: Terminal): Promise<number> {
  const limit = Number(args.limit ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    const found = `found --limit ${JSON.stringify(args.limit)}`;
    return reportMisuse(terminal, 'search', `${found}, expected a whole number from 1 to ${MAX_LIMIT}`);
  }
  const patienceMs = timeoutMs(args.timeout, LIST_SECONDS);
  if (typeof patienceMs === 'string') return reportMisuse(terminal, 'search', patienceMs);
  const { server, tag } = args;
  const filters: SearchFilters | undefined =
    server || tag ? { ...(server && { server }), ...(tag && { tags: tag }) } : undefined;
  const options = { config: args.config, servers: server, patienceMs };
  return withGateway('search', options, terminal, async (local) => {
    const found = await searchAll(local, { query: args.words.join(' '), limit, ...(filters && { filters }) });
    const answer = withWaits(found, local);
    terminal.write(isForPeople(args, terminal) ? searchText(answer, terminal) : jsonText(answer));
    return 0;
  });
}

/** Adds to each server that is still connecting the request that it has not answered. */
function withWaits(found: JsonObject, { pool, lastWords }: LocalGateway): JsonObject {
  if (!Array.isArray(found.unavailable)) return found;
  const unavailable = found.unavailable.filter(isJsonObject).map((each) => {
    const upstream = pool.upstreams.get(String(each.server));
    const waitsFor = upstream && waitOf(upstream, lastWords(String(each.server)));
    return waitsFor === undefined ? each : { ...each, waitsFor };
  });
  return { ...found, unavailable };
}

/** The fields of an answer of the broker's search that `searchText` shows. */
interface Answer {
  readonly found: number;
  readonly results?: readonly Hit[];
  readonly sharedParameters?: Readonly<Record<string, string>>;
  readonly tools?: readonly (string | Pick<Hit, 'id' | 'signature'>)[];
  readonly servers?: readonly (
    | string
    | { readonly server: string; readonly tools: number; readonly description?: string }
  )[];
  readonly didYouMean?: readonly string[];
  readonly unavailable?: readonly NotAsked[];
  readonly hint?: string;
}

interface NotAsked {
  readonly server: string;
  readonly state: ServerState | AskedState;
  readonly error?: string;
  readonly waitsFor?: string;
}

interface Hit {
  readonly id: string;
  readonly signature: string;
  readonly description: string;
  readonly matched?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly match?: 'strong' | 'weak';
  readonly effect?: 'readOnly' | 'destructive';
  readonly deprecated?: string | true;
  readonly available?: false;
  readonly warnings?: readonly string[];
}

/** Formats the results of a search for people. */
function searchText(found: JsonObject, terminal: Terminal): string {
  // The answer comes from our own Finder, which types it as `JsonObject`.
  const answer = found as unknown as Answer;
  const colors = colorsFor(terminal);
  const { columns } = terminal;
  const lines = [
    ...(answer.results ? hits(answer, colors, columns) : listed(answer, colors, columns)),
    ...notes(answer, colors),
  ];
  return `${lines.join('\n')}\n`;
}

function hits(
  { found, results = [], sharedParameters, didYouMean, servers }: Answer,
  colors: Colors,
  columns?: number,
): string[] {
  if (results.length > 0) {
    const more = found > results.length ? `${results.length} of ${found} that fit; --limit shows more` : undefined;
    return [
      ...results.flatMap((hit) => [...hitLines(hit, colors, columns), '']),
      ...sharedLines(sharedParameters, columns).map(colors.dim),
      ...(more ? [colors.dim(more)] : []),
    ];
  }
  return [
    'Nothing fits.',
    ...(didYouMean ? [`Words that the tools use: ${displayText(didYouMean.join(', '))}`] : []),
    ...(servers
      ? [`Servers: ${displayText(servers.map((each) => (typeof each === 'string' ? each : each.server)).join(', '))}`]
      : []),
  ];
}

function hitLines(hit: Hit, colors: Colors, columns = Number.POSITIVE_INFINITY): string[] {
  const {
    id,
    signature,
    description,
    matched,
    parameters = {},
    match,
    effect,
    deprecated,
    available,
    warnings = [],
  } = hit;
  const marks = [
    match ? colors.dim(`${match} match`) : '',
    effect === 'readOnly' ? colors.green('only reads') : '',
    effect === 'destructive' ? colors.red('destroys') : '',
    deprecated === true ? colors.yellow('deprecated') : '',
    typeof deprecated === 'string' ? colors.yellow(`deprecated, use ${displayText(deprecated)}`) : '',
    available === false ? colors.yellow('cannot be called now') : '',
  ].filter(Boolean);
  const indented = (text: string) => wrap(displayText(text), columns - 2).map((line) => `  ${line}`);
  return [
    [colors.bold(displayText(id)), ...marks].join('  '),
    ...indented(signature).map(colors.cyan),
    ...indented(description),
    ...Object.entries(parameters).flatMap(([name, note]) => indented(`${name}: ${note}`)),
    ...(matched ? indented(`found by: ${matched}`).map(colors.dim) : []),
    ...warnings.flatMap((warning) => indented(`! ${warning}`)).map(colors.yellow),
  ];
}

/** Says once for each server what its tools above also take. */
function sharedLines(shared: Answer['sharedParameters'] = {}, columns = Number.POSITIVE_INFINITY): string[] {
  const lines = Object.entries(shared).map(([server, text]) => `all of ${server} above also take ${text}`);
  return lines.flatMap((line) => wrap(displayText(line), columns));
}

function listed({ tools, sharedParameters, servers = [] }: Answer, colors: Colors, width?: number): string[] {
  if (tools?.length === 0) return ['No tools.'];
  if (tools) {
    const line = (tool: (typeof tools)[number]) =>
      typeof tool === 'string'
        ? displayText(tool)
        : `${colors.bold(displayText(tool.id))} ${colors.cyan(displayText(tool.signature))}`;
    return [...tools.map(line), ...sharedLines(sharedParameters, width).map(colors.dim)];
  }
  const rows = servers.map((each) => {
    const { server, tools: count, description = '' } = typeof each === 'string' ? { server: each, tools: 0 } : each;
    return [
      { text: displayText(server), color: colors.bold },
      { text: String(count), right: true },
      { text: displayText(description), color: colors.dim },
    ];
  });
  const header = ['SERVER', 'TOOLS', ''].map((text) => ({ text, color: colors.dim }));
  return align([header, ...rows], width);
}

function notes({ unavailable = [], hint }: Answer, colors: Colors): string[] {
  const lines = unavailable.map((each) => colors.yellow(displayText(notAsked(each))));
  const isEarly = unavailable.some(({ state }) => state === 'connecting');
  const longer = isEarly ? [colors.yellow('--timeout 60 waits that many seconds for servers that are connecting')] : [];
  return [...lines, ...longer, ...(hint ? [colors.yellow(displayText(hint))] : [])];
}

function notAsked({ server, state, error, waitsFor }: NotAsked): string {
  const why = state === 'needs_auth' ? loginCommand(server) : (error ?? waitsFor);
  return `${state in ASKED_STATES ? 'Asked' : 'Not asked'}: ${server} ${stands(state)}${why ? `: ${why}` : ''}`;
}
