import { expandHome } from './expand-home.ts';

/** What a text is that is given to a program as an option. */
export type ScriptKind = 'shell' | 'powershell' | 'code';

/** What runs such a text, and which option that is. */
const RUNS_SCRIPT: readonly (readonly [kind: ScriptKind, program: RegExp, option: RegExp])[] = [
  ['shell', /(?:^|[\\/])(?:ba|da|z|k|a|fi)?sh(?:\.exe)?$/i, /^-[a-z]{0,6}c$/i],
  ['powershell', /(?:^|[\\/])(?:powershell|pwsh)(?:\.exe)?$/i, /^-(?:[a-z]{0,6}c|com?m?a?n?d?)$/i],
  ['shell', /(?:^|[\\/])(?:npx|npm)(?:\.exe|\.cmd)?$/i, /^(?:-c|--call)$/],
  [
    'code',
    /(?:^|[\\/])(?:node|bun|deno|tsx|python[\d.]*|perl|ruby|php|lua|julia|Rscript|osascript|elixir)(?:\.exe|\.cmd)?$/i,
    /^(?:-[a-z]?[cep]|--(?:eval|command|print)|eval)$/i,
  ],
];
/** Their words mean paths of another machine, or of another system on this one. */
const RUNS_ELSEWHERE = /(?:^|[\\/])(?:ssh|mosh|wsl|kubectl)(?:\.exe)?$/i;
/** `~` where a shell would take it for the home directory, also after `--flag=` and `NAME=`. */
const AT_HOME = /^(-{0,2}[\w-]+=)?(~(?=$|[\\/]).*)$/s;

/** The same at the beginning of a default. */
const DEFAULT_AT_HOME = /(?<!\$)(\$\{(?:env:)?[A-Za-z_]\w*:-)~(?=[\\/}])/g;

/** Whether that word of a command is a script (`sh -c …`, `node -e …`), and of what: it has variables of its own. */
export function scriptKind(words: readonly unknown[], index: number): ScriptKind | undefined {
  const runs = RUNS_SCRIPT.find(([kind, program, option]) => {
    // PowerShell takes all that follows.
    const last = kind === 'powershell' ? words.slice(0, index).findIndex((word) => isLike(word, option)) : index - 1;
    const before = words.slice(0, Math.max(last, 0));
    const at = before.findLastIndex((word) => isLike(word, program));
    // What follows a file of theirs is for that, whatever it looks like.
    return at >= 0 && isLike(words[last], option) && before.slice(at + 1).every(isOption);
  });
  return runs?.[0];
}

/** Also what belongs to `-o`, as in `bash -euo pipefail`. */
function isOption(word: unknown, index: number, options: readonly unknown[]): boolean {
  return isLike(word, /^-/) || isLike(options[index - 1], /^-[a-z]*o$/);
}

/** A word as a shell would hand it on, as to `~`; its path where it is one; undefined where it is meant for elsewhere. */
export function homeIn(
  words: readonly unknown[],
  index: number,
  home: string,
): { word: string; path?: string } | undefined {
  const [program] = words;
  const written = words[index];
  if (typeof written !== 'string' || isLike(program, RUNS_ELSEWHERE) || scriptKind(words, index)) return undefined;
  const word = written.replace(DEFAULT_AT_HOME, (_, before: string) => before + home);
  const [, before = '', path] = AT_HOME.exec(word) ?? [];
  if (path === undefined) return { word };
  const expanded = expandHome(path, home);
  return { path: expanded, word: before + expanded };
}

function isLike(word: unknown, pattern: RegExp): boolean {
  return typeof word === 'string' && pattern.test(word);
}
