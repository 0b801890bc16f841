import { expandHome } from './expand-home.ts';

/** What runs a text that is given to it as an option, and which option that is. */
const RUNS_SCRIPT: readonly (readonly [program: RegExp, option: RegExp])[] = [
  [/(?:^|[\\/])(?:(?:ba|da|z|k|a|fi)?sh|powershell|pwsh)(?:\.exe)?$/i, /^-(?:[a-z]{0,6}c|command)$/i],
  [
    /(?:^|[\\/])(?:node|bun|deno|python[\d.]*|perl|ruby|php|npx|npm)(?:\.exe|\.cmd)?$/i,
    /^(?:-[a-z]?[cep]|--(?:eval|call|command|print)|eval)$/i,
  ],
];
/** Their words mean paths of another machine, or of another system on this one. */
const RUNS_ELSEWHERE = /(?:^|[\\/])(?:ssh|mosh|wsl|kubectl)(?:\.exe)?$/i;
/** `~` where a shell would take it for the home directory, also after `--flag=` and `NAME=`. */
const AT_HOME = /^(-{0,2}[\w-]+=)?(~(?=$|[\\/]).*)$/s;

/** The same at the beginning of a default. */
const DEFAULT_AT_HOME = /(?<!\$)(\$\{(?:env:)?[A-Za-z_]\w*:-)~(?=[\\/}])/g;

/** Whether that word of a command is a script (`sh -c …`, `node -e …`): what has variables of its own. */
export function isScript(words: readonly unknown[], index: number): boolean {
  return RUNS_SCRIPT.some(([program, option]) => {
    const before = words.slice(0, index - 1);
    const at = before.findLastIndex((word) => isLike(word, program));
    // What follows a file of theirs is for that, whatever it looks like.
    return at >= 0 && isLike(words[index - 1], option) && before.slice(at + 1).every(isOption);
  });
}

/** Also what belongs to `-o`, as in `bash -euo pipefail`. */
function isOption(word: unknown, index: number, options: readonly unknown[]): boolean {
  return isLike(word, /^-/) || isLike(options[index - 1], /^-[a-z]*o$/);
}

/** Whether a script gives that variable a value itself. */
export function assigns(script: string, name: string): boolean {
  const keywords = 'do|then|else|export|local|declare|readonly|const|let|var';
  const assignment = new RegExp(`(?:^|[;&|({\n]|\\b(?:${keywords}))\\s*\\$?${name}\\s*=(?!=)`);
  return assignment.test(script) || new RegExp(`\\b(?:for|read|select)\\b[^;\n]*\\b${name}\\b`).test(script);
}

/** A word as a shell would hand it on, as to `~`; its path where it is one; undefined where it is meant for elsewhere. */
export function homeIn(
  words: readonly unknown[],
  index: number,
  home: string,
): { word: string; path?: string } | undefined {
  const [program] = words;
  const written = words[index];
  if (typeof written !== 'string' || isLike(program, RUNS_ELSEWHERE) || isScript(words, index)) return undefined;
  const word = written.replace(DEFAULT_AT_HOME, (_, before: string) => before + home);
  const [, before = '', path] = AT_HOME.exec(word) ?? [];
  if (path === undefined) return { word };
  const expanded = expandHome(path, home);
  return { path: expanded, word: before + expanded };
}

function isLike(word: unknown, pattern: RegExp): boolean {
  return typeof word === 'string' && pattern.test(word);
}
