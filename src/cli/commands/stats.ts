import { join } from 'node:path';
import { displayText } from '../../core/invisible-characters.ts';
import type { JsonObject } from '../../core/json.ts';
import { dataDirectory } from '../../platform/directories.ts';
import type { CallCount, Counts } from '../../policy/stats/counts.ts';
import { readStats, resetStats, type Stats } from '../../policy/stats/stats-file.ts';
import { clientHome } from '../client-configs/client.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { displayPath } from '../terminal/text-layout.ts';
import type { CommandArguments } from './command.ts';
import { reportErrors, reportMisuse } from './report.ts';

/** Implements `mcp-gateway stats`: shows or resets the counts of this machine. Resolves with the exit code. */
export async function stats({ words, json, reset }: CommandArguments, terminal: Terminal): Promise<number> {
  if (words.length > 0) return reportMisuse(terminal, 'stats', `found ${JSON.stringify(words[0])}, expected options`);
  const path = join(dataDirectory(terminal.env), 'stats.json');
  const name = displayPath(path, clientHome(terminal).home);
  return reportErrors(terminal, 'stats', async () => {
    if (reset) await resetStats(path);
    const known = await readStats(path);
    if (json) terminal.write(`${JSON.stringify(statsAsJson(known), undefined, 2)}\n`);
    else if (reset) terminal.write(`Counting begins anew in ${name}\n`);
    else terminal.write(statsReport(known, name));
    return 0;
  });
}

const MAX_TOOLS = 10;

/** Returns the figures for people; `file` is the path of their file. */
function statsReport(stats: Stats | undefined, file: string): string {
  if (!stats || isEmpty(stats.counts)) return `Nothing was counted so far. Figures will be kept in ${file}\n`;
  const { since, counts } = stats;
  const rows = [
    ['Tool definitions not sent', tokensLine(counts)],
    ['Calls', callsLine(counts)],
    ['In the background', number(counts.jobs)],
    ['Searches', searchesLine(counts)],
  ] as const;
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `Since ${new Date(since).toISOString().slice(0, 10)}, ${plural(counts.sessions, 'session')}`,
    ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    ...table('Server', byCalls(counts.servers)),
    ...table('Most called', byCalls(counts.tools).slice(0, MAX_TOOLS)),
    '',
    `Counted on this machine only, in ${file}; "stats": false in the settings turns it off.`,
    '',
  ].join('\n');
}

/** Returns the figures for programs; without any, only `since` as null. */
function statsAsJson(stats: Stats | undefined): JsonObject {
  if (!stats) return { since: null };
  const { failures, servers, tools, ...sums } = stats.counts;
  const named = (map: ReadonlyMap<string, CallCount>) => byCalls(map).map(([name, count]) => ({ name, ...count }));
  return {
    since: new Date(stats.since).toISOString(),
    ...sums,
    ledToNoCall: ledToNoCall(stats.counts),
    failures: Object.fromEntries(failures),
    servers: named(servers),
    tools: named(tools),
  };
}

function isEmpty({ sessions, calls, searches }: Counts): boolean {
  return sessions + calls + searches === 0;
}

/** Returns the number of searches that showed tools of which none was called in the same session. */
function ledToNoCall({ searches, ledToCall, foundNothing }: Counts): number {
  return Math.max(0, searches - ledToCall - foundNothing);
}

function tokensLine({ tokensNotSent, sessions }: Counts): string {
  const each = sessions > 1 ? `, ${number(Math.round(tokensNotSent / sessions))} a session` : '';
  return `${number(tokensNotSent)} tokens${each}`;
}

function callsLine({ calls, failures }: Counts): string {
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  if (failed === 0) return number(calls);
  const codes = [...failures]
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${number(count)} ${displayText(code)}`);
  return `${number(calls)}, ${number(failed)} failed: ${codes.join(', ')}`;
}

function searchesLine(counts: Counts): string {
  const { searches, ledToCall, foundNothing } = counts;
  if (searches === 0) return '0';
  const parts = [`${number(ledToCall)} led to a call`, `${number(ledToNoCall(counts))} to none`];
  return `${number(searches)}: ${[...parts, `${number(foundNothing)} found nothing`].join(', ')}`;
}

function table(title: string, rows: readonly [string, CallCount][]): string[] {
  if (rows.length === 0) return [];
  const width = Math.max(title.length, ...rows.map(([name]) => displayText(name).length));
  const line = (name: string, calls: string, failed: string) =>
    `${name.padEnd(width)}  ${calls.padStart(7)}  ${failed.padStart(7)}`;
  const lines = rows.map(([name, { calls, failed }]) => line(displayText(name), number(calls), number(failed)));
  return ['', line(title, 'calls', 'failed'), ...lines];
}

function byCalls(counts: ReadonlyMap<string, CallCount>): [string, CallCount][] {
  return [...counts].sort(([a, { calls }], [b, other]) => other.calls - calls || a.localeCompare(b));
}

function plural(count: number, what: string): string {
  return `${number(count)} ${what}${count === 1 ? '' : 's'}`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
