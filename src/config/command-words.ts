import { expandHome } from '../platform/home-directory.ts';
import type { Reference } from './substitute.ts';

/** The language of a script that is passed to a program in an option. */
type ScriptKind = 'shell' | 'powershell' | 'code';

/** Programs that run such a script, and the option before it. */
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
/** Programs whose arguments name paths of another machine, or of another system on this one. */
const RUNS_ELSEWHERE = /(?:^|[\\/])(?:ssh|mosh|wsl|kubectl)(?:\.exe)?$/i;
/** `~` where a shell expands it to the home directory, also after `--flag=` and `NAME=`. */
const AT_HOME = /^(-{0,2}[\w-]+=)?(~(?=$|[\\/]).*)$/s;

/** `~` at the beginning of a default, as in `${NAME:-~/folder}`. */
const DEFAULT_AT_HOME = /(?<!\$)(\$\{(?:env:)?[A-Za-z_]\w*:-)~(?=[\\/}])/g;

/**
 * Returns the language of the script (`sh -c …`, `node -e …`) at an index of a command; undefined if the word is not a
 * script.
 */
export function scriptKind(words: readonly unknown[], index: number): ScriptKind | undefined {
  const runs = RUNS_SCRIPT.find(([kind, program, option]) => {
    // PowerShell takes all words after its option as the script.
    const last = kind === 'powershell' ? words.slice(0, index).findIndex((word) => isLike(word, option)) : index - 1;
    const before = words.slice(0, Math.max(last, 0));
    const at = before.findLastIndex((word) => isLike(word, program));
    // Words after a script file are that file's arguments, even if they look like options.
    return at >= 0 && isLike(words[last], option) && before.slice(at + 1).every(isOption);
  });
  return runs?.[0];
}

/** True for an option, and for the value of `-o`, as in `bash -euo pipefail`. */
function isOption(word: unknown, index: number, options: readonly unknown[]): boolean {
  return isLike(word, /^-/) || isLike(options[index - 1], /^-[a-z]*o$/);
}

/**
 * Returns a word with `~` expanded as a shell does it, and the path in it, if any. Undefined for a script and for the
 * arguments of programs that run on another system.
 */
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

/** Facts about the surroundings of a script. */
interface Known {
  /** True if an environment, that of the entry or ours, has a variable. */
  readonly isSet: (name: string) => boolean;
  readonly isSecret: (name: string) => boolean;
  readonly isFile: (path: string) => boolean;
}

/** Names in the usual style of variables. In code, other names are members and formats. */
const NAME_OF_OURS = /^[A-Z][A-Z\d_]*$/;
/** Text that can only be a path. */
const PATH = /^(?:~|\.{1,2}|[A-Za-z]:|\$\{\w+\})?[\\/][^\s"'`()+]*$/;

/**
 * Returns a function that is true for references which stay in a script as written: variables that the script may set
 * itself, unknown names, and text that only looks like a reference. For example, `{file: name}` is an object in
 * JavaScript, and `${env:X}` a variable in PowerShell.
 */
export function leftToScript(kind: ScriptKind, script: string, known: Known): (reference: Reference) => boolean {
  return ({ form, name }) => {
    const isUnknown = () => !known.isSet(name) && !known.isSecret(name);
    if (form === 'plain') return known.isSet(name) ? maySet(script, name, kind) : !known.isSecret(name);
    // Only PowerShell has this form. In other scripts it is a reference in the syntax of an MCP client.
    if (form === 'env') return kind === 'powershell' && (isUnknown() || maySet(script, `env:${name}`, kind));
    if (form === 'file') return !PATH.test(name) && !known.isFile(name);
    return !NAME_OF_OURS.test(name) && (form === 'secret' ? !known.isSecret(name) : isUnknown());
  };
}

/** Pattern of the places at which a shell command begins. */
const COMMAND = String.raw`(?:^|[;&|(){}\n\x60]|\b(?:do|then|else|elif|if|while|until|time|!)\s)\s*`;
/** Pattern of a value, quoted as in a shell. */
const VALUE = String.raw`(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s;&|"'\\])*`;
/**
 * Pattern of the text before an assignment: other assignments, or a declaring word with its options and other names.
 */
const BEFORE = String.raw`(?:(?:[A-Za-z_]\w*\+?=${VALUE}\s+){0,20}?|(?:export|local|declare|typeset|readonly|integer)\s+(?:(?:-[\w-]+|[A-Za-z_]\w*(?:\+?=${VALUE})?)\s+){0,20}?)`;
/** Shell commands that take names of variables. */
const TAKES_NAMES =
  'for|select|read|mapfile|readarray|getopts|unset|export|declare|typeset|local|readonly|integer|let|printf\\s+-v|set\\s+-\\w+|setenv|set\\s+-e';
/** Commands that run a text from outside the script, or one that the script builds. */
const RUNS_OTHERS = new RegExp(String.raw`${COMMAND}(?:(?:builtin|command)\s+)?(?:eval|source|\.)\s`);
/** Variables that a shell sets itself. */
const OF_SHELLS =
  /^(?:PWD|OLDPWD|SHLVL|_|IFS|REPLY|OPTARG|OPTIND|RANDOM|SECONDS|LINENO|PPID|E?UID|HOSTNAME|BASH\w*|ZSH_\w+)$/;

/** True if a script may change that variable. `env:NAME` is a variable of PowerShell's environment. */
function maySet(script: string, name: string, kind: ScriptKind): boolean {
  return kind === 'shell' ? mayBeSetInShell(script, name) : isSetInCode(script, name);
}

function mayBeSetInShell(script: string, name: string): boolean {
  const forms = [
    // A=1 NAME=value, export -x NAME+=value, NAME[1]=value
    String.raw`${COMMAND}${BEFORE}${name}(?:\[[^\]]*\])?\+?=`,
    // read -r NAME
    String.raw`\b(?:${TAKES_NAMES})\s(?:[^;&|\n]*[^\w$\{;&|\n-])?${name}(?!\w)`,
    // ${NAME:=value}, ((NAME++)), exec {NAME}>file
    String.raw`\$\{${name}:?=|(?:\+\+|--)${name}\b|(?<![\w$\{])${name}(?:\+\+|--|\s*[-+*/%&|^]?=\s*[\d(])|[^$]\{${name}\}[<>]`,
  ];
  return OF_SHELLS.test(name) || RUNS_OTHERS.test(script) || forms.some((form) => new RegExp(form).test(script));
}

function isSetInCode(script: string, name: string): boolean {
  const forms = [
    // const name = value, $name = value, name: str = value; also of several: a, name = 1, 2
    String.raw`(?:^|[;&|(),{\[\n]|\b(?:export|const|let|var|my|our|local|global))\s*[$@%]?\b${name}\s*(?::\s*[\w.[\]]+\s*)?(?:[,\]})][^;=\n]*)?[-+*/.|&?]*=(?![=>])`,
    // for name in list, except Error as name, import { name }, def name(…), catch (name)
    String.raw`\b(?:for|foreach|catch|with|import|as|def|function|class|sub|param|global)\b[^;\n]*?[\s({,$]${name}\b`,
    // (a, name) => …, name => …, lambda name: …
    String.raw`(?<![\w.])${name}\s*=>|\([^()]*(?<![\w.])${name}\b[^()]*\)\s*(?:=>|\{)|\blambda\b[^:\n]*\b${name}\b`,
  ];
  return forms.some((form) => new RegExp(form).test(script));
}
