import type { ScriptKind } from './command-words.ts';

/** Where a command of a shell begins. */
const COMMAND = String.raw`(?:^|[;&|(){}\n\x60]|\b(?:do|then|else|elif|if|while|until|time|!)\s)\s*`;
/** A value as shells quote it. */
const VALUE = String.raw`(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s;&|"'\\])*`;
/** What may stand before an assignment: others, or a word that declares, with its options and other names. */
const BEFORE = String.raw`(?:(?:[A-Za-z_]\w*\+?=${VALUE}\s+){0,20}?|(?:export|local|declare|typeset|readonly|integer)\s+(?:(?:-[\w-]+|[A-Za-z_]\w*(?:\+?=${VALUE})?)\s+){0,20}?)`;
/** Commands of shells that take names of variables. */
const TAKES_NAMES =
  'for|select|read|mapfile|readarray|getopts|unset|export|declare|typeset|local|readonly|integer|let|printf\\s+-v|set\\s+-\\w+|setenv|set\\s+-e';
/** What runs a text that is not in the script, or that is put together by it. */
const RUNS_OTHERS = new RegExp(String.raw`${COMMAND}(?:(?:builtin|command)\s+)?(?:eval|source|\.)\s`);
/** Those that a shell sets by itself. */
const OF_SHELLS =
  /^(?:PWD|OLDPWD|SHLVL|_|IFS|REPLY|OPTARG|OPTIND|RANDOM|SECONDS|LINENO|PPID|E?UID|HOSTNAME|BASH\w*|ZSH_\w+)$/;

/** Whether a script may give that variable another value than it had outside. Of PowerShell's environment: `env:NAME`. */
export function maySet(script: string, name: string, kind: ScriptKind): boolean {
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
