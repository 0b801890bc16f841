import { stem } from './text-analysis.ts';

/**
 * Short forms that people and tools write for a word, each with the words it is short for. A short form is the same
 * word in another spelling, so it counts as a form of that word. Synonyms that are short stand in `thesaurus.ts`.
 */
const ABBREVIATIONS: readonly string[] = [
  'msg message',
  'img image',
  'pic picture',
  'pkg package',
  'btn button',
  'cfg config configuration',
  'conf config configuration',
  'cmd command',
  'js javascript',
  'ts typescript',
  'py python',
  'md markdown',
  'xls excel spreadsheet',
  'ppt powerpoint presentation',
  'mr merge',
  'pr pull',
  'repo repository',
  'db database',
  'tbl table',
  'col column',
  'env environment',
  'dev development',
  'prod production',
  'svc service',
  'ns namespace',
  'vm virtual',
  'k8s kubernetes',
  'gh github',
  'gl gitlab',
  'fs filesystem',
  'dir directory',
  'lib library',
  'fn function',
  'func function',
  'param parameter',
  'arg argument',
  'args arguments',
  'attr attribute',
  'prop property',
  'ref reference',
  'req request',
  'resp response',
  'err error',
  'desc description',
  'num number',
  'qty quantity',
  'amt amount',
  'acct account',
  'addr address',
  'org organization',
  'dept department',
  'admin administrator',
  'pwd password',
  'passwd password',
  'auth authentication authorization',
  'tz timezone',
  'appt appointment',
  'mtg meeting',
  'calc calculate',
  'exec execute',
  'del delete',
  'rm remove delete',
  'ls list',
  'mv move',
  'cp copy',
  'tmp temporary',
  'max maximum',
  'min minimum',
  'avg average',
  'perf performance',
  'prefs preferences',
  'stats statistics',
  'info information',
  'doc document documentation',
];

/** By stem; built at the first call, since a start has no time for it. */
let pairs: ReadonlyMap<string, readonly string[]> | undefined;

/** Returns the words that a short form stands for and the short forms of a word; the word may have any ending. */
export function abbreviationsOf(word: string): readonly string[] {
  pairs ??= built();
  return pairs.get(stem(word)) ?? [];
}

function built(): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, string[]>();
  const note = (word: string, other: string) => {
    const base = stem(word);
    all.set(base, [...(all.get(base) ?? []), other]);
  };
  for (const [short = '', ...words] of ABBREVIATIONS.map((line) => line.split(' '))) {
    for (const word of words) {
      note(short, word);
      note(word, short);
    }
  }
  return all;
}
