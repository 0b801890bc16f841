import type { JsonObject } from '../../core/json.ts';
import { shown, type Terminal } from '../terminal.ts';
import { align } from './align.ts';
import { type Paint, paintFor } from './paint.ts';
import { wrap } from './width.ts';

/** An answer of the broker's search, as far as people are shown of it. */
interface Answer {
  readonly found: number;
  readonly results?: readonly Hit[];
  readonly tools?: readonly string[];
  readonly servers?: readonly (
    | string
    | { readonly server: string; readonly tools: number; readonly description?: string }
  )[];
  readonly didYouMean?: readonly string[];
  readonly unavailable?: readonly { readonly server: string; readonly state: string; readonly error?: string }[];
  readonly hint?: string;
}

interface Hit {
  readonly id: string;
  readonly signature: string;
  readonly description: string;
  readonly effect?: 'readOnly' | 'destructive';
  readonly available?: false;
  readonly warnings?: readonly string[];
}

/** What a search found, for people. */
export function searchText(found: JsonObject, terminal: Terminal): string {
  // Our own Finder's answer, which is typed as what a model reads.
  const answer = found as unknown as Answer;
  const paint = paintFor(terminal);
  const { columns } = terminal;
  const lines = [
    ...(answer.results ? hits(answer, paint, columns) : listed(answer, paint, columns)),
    ...notes(answer, paint),
  ];
  return `${lines.join('\n')}\n`;
}

function hits({ found, results = [], didYouMean, servers }: Answer, paint: Paint, columns?: number): string[] {
  if (results.length > 0) {
    const more = found > results.length ? `${results.length} of ${found} that fit; --limit shows more` : undefined;
    return [...results.flatMap((hit) => [...hitLines(hit, paint, columns), '']), ...(more ? [paint.dim(more)] : [])];
  }
  return [
    'Nothing fits.',
    ...(didYouMean ? [`Words that the tools use: ${shown(didYouMean.join(', '))}`] : []),
    ...(servers
      ? [`Servers: ${shown(servers.map((each) => (typeof each === 'string' ? each : each.server)).join(', '))}`]
      : []),
  ];
}

function hitLines(hit: Hit, paint: Paint, columns = Number.POSITIVE_INFINITY): string[] {
  const { id, signature, description, effect, available, warnings = [] } = hit;
  const marks = [
    effect === 'readOnly' ? paint.green('only reads') : '',
    effect === 'destructive' ? paint.red('destroys') : '',
    available === false ? paint.yellow('cannot be called now') : '',
  ].filter(Boolean);
  const indented = (text: string) => wrap(shown(text), columns - 2).map((line) => `  ${line}`);
  return [
    [paint.bold(shown(id)), ...marks].join('  '),
    ...indented(signature).map(paint.cyan),
    ...indented(description),
    ...warnings.flatMap((warning) => indented(`! ${warning}`)).map(paint.yellow),
  ];
}

function listed({ tools, servers = [] }: Answer, paint: Paint, width?: number): string[] {
  if (tools) return tools.length > 0 ? tools.map(shown) : ['No tools.'];
  const rows = servers.map((each) => {
    const { server, tools: count, description = '' } = typeof each === 'string' ? { server: each, tools: 0 } : each;
    return [
      { text: shown(server), paint: paint.bold },
      { text: String(count), right: true },
      { text: shown(description), paint: paint.dim },
    ];
  });
  const header = ['SERVER', 'TOOLS', ''].map((text) => ({ text, paint: paint.dim }));
  return align([header, ...rows], width);
}

/** States of servers that were asked, and did not tell all. */
const ASKED = new Set(['incomplete', 'no_tools']);

function notes({ unavailable = [], hint }: Answer, paint: Paint): string[] {
  const lines = unavailable.map(({ server, state, error }) =>
    paint.yellow(
      shown(
        `${ASKED.has(state) ? 'Asked' : 'Not asked'}: ${server} (${state.replace('_', ' ')}${error ? `: ${error}` : ''})`,
      ),
    ),
  );
  return [...lines, ...(hint ? [paint.yellow(shown(hint))] : [])];
}
