import { HeldText } from './held-text.ts';
import { isUuid } from './secret-heuristics.ts';
import { type Blank, loginWithout, textWithout, valueUnder } from './secret-texts.ts';

/** Options whose value is a header. */
const HEADER_OPTION = /^(?:-H|--?(?:http-?)?headers?)$/i;
/** Options whose value is `NAME=value`. */
const VARIABLE_OPTION = /^(?:-e|--?env(?:ironment)?(?:-var)?|--build-arg|--?set-env|--secret)$/i;
/** Headers that hold an identity, a place or a subject, and no secret. */
const PLAIN_HEADER =
  /(?:id|ids|version|revision|region|zone|model|env(?:ironment)?|stage|tenant|org(?:ani[sz]ation)?|workspace|project|team|group|user|name|client|agent|source|type|mode|locale|lang(?:uage)?|host|app|database|schema|index|dataset|bucket|path|for)$/i;
const LOGIN_OPTION = /^(?:-u|--user|--userpwd|--auth|--basic|--credentials?)$/;

/**
 * Programs that log in to a database or directory, and options that name a user: short options behind them may hold
 * passwords.
 */
const LOGS_IN = /sql|maria|postgres|\bpg\b|mongo|redis|valkey|clickhouse|ldap|oracle|neo4j|sshpass|^-[uU]|^--?user/i;
const PASSWORD_OPTION = /^-[pPWa]$/;
/** Values behind `-p` that are no password: ports and paths. */
const PLAIN_VALUE = /^(?:\d[\d.:-]*(?:\/\w+)?|[./~].*)$/;
const GLUED =
  /^(-p)(?!(?:rint|ath|ort|rod|ro[fjtvx]|re|ri|ub|lugin|oll|ool|age|ar|at|id|ing|lat|olicy|ush|ack)[\w-]*$)(.+)$/;

/** Matches `user/password@host` of Oracle. */
const SQLPLUS = /^(\w+\/)([^@/]+)(@.*)?$/;

/** Programs whose `-e` precedes code instead of a variable. */
const RUNS_CODE = /(?:^|[\\/])(?:node|bun|ruby|perl|Rscript|lua|elixir|osascript)(?:\.exe)?$/i;

/** Replaces the secrets in the words of a command: behind options, in assignments, headers, scripts and addresses. */
export function commandWithout(words: readonly unknown[], blank: Blank): unknown[] {
  return words.map((word, index) => {
    if (typeof word !== 'string') return word;
    const before = String(words[index - 1] ?? '');
    const logsIn = words.slice(0, index).some((each) => typeof each === 'string' && LOGS_IN.test(each));
    // `name:name` behind the user option of a container is a user and a group, no login.
    if (isContainer(words[0]) && /^(?:-u|--user)$/.test(before) && /^(\w+):\1$/.test(word)) return word;
    const login = logsIn ? shortOptionWithout(word, before, words, blank) : undefined;
    // A UUID behind an option identifies an object; as an argument of its own it is a key.
    if (index > 1 && isUuid(word) && !before.startsWith('-')) return blank('key', word);
    const isCode = before === '-e' && RUNS_CODE.test(String(words[0]));
    return login ?? (isCode ? textWithout(word, blank) : wordWithout(word, before, isEnvWord(words, index), blank));
  });
}

function isContainer(program: unknown): boolean {
  return /docker|podman|nerdctl/.test(String(program));
}

/** Replaces the password in `-pvalue`, `-p value` and similar options; returns undefined if the word holds none. */
function shortOptionWithout(
  word: string,
  before: string,
  [program]: readonly unknown[],
  blank: Blank,
): string | undefined {
  const [, option = '', value = ''] = GLUED.exec(word) ?? [];
  if (value !== '' && !PLAIN_VALUE.test(value)) return option + valueWithout('password', value, blank);
  const joined = joinedWithout(word, before, String(program), blank);
  if (joined !== undefined) return joined;
  const isOption =
    (PASSWORD_OPTION.test(before) && !(before === '-P' && isContainer(program))) ||
    (before === '-w' && /ldap/.test(String(program)));
  if (!isOption || word.startsWith('-') || (/^-p$/i.test(before) && PLAIN_VALUE.test(word))) return undefined;
  return valueWithout('password', word, blank);
}

/**
 * Replaces the password in `-U user%value` of samba and `user/value@host` of sqlplus; returns undefined if the word has
 * neither form.
 */
function joinedWithout(word: string, before: string, program: string, blank: Blank): string | undefined {
  const form = before === '-U' ? /^([^\s%/@:]+%)(.+?)()$/ : /sqlplus/.test(program) ? SQLPLUS : undefined;
  const [, user, password = '', host = ''] = form?.exec(word) ?? [];
  return user === undefined ? undefined : user + valueWithout('password', password, blank) + host;
}

function wordWithout(word: string, before: string, isAssigned: boolean, blank: Blank): string {
  const isOption = /^--?[A-Za-z]/.test(before) || (/^\/[A-Za-z][\w-]*$/.test(before) && !word.startsWith('/'));
  const isValue = isOption && !/[=:]/.test(before) && !word.startsWith('-');
  if (isValue && HEADER_OPTION.test(before))
    return pairWithout(word, /^([^:=]+[:=]\s*)([\s\S]*)$/, blank, headerWithout);
  if (isAssigned || (isValue && VARIABLE_OPTION.test(before))) return pairWithout(word, /^([^=]+=)([\s\S]*)$/, blank);
  if (isValue && LOGIN_OPTION.test(before)) {
    const without = loginWithout(word, blank);
    if (without !== word) return without;
  }
  if (isValue) return valueWithout(before, word, blank);
  // In `--name=value` the value extends to the end of the word, blanks included.
  return /^--?[A-Za-z][\w.-]*=[\s\S]*$/.test(word)
    ? pairWithout(word, /^([^=]+=)([\s\S]*)$/, blank)
    : textWithout(word, blank);
}

/** Replaces the secrets in `name=value` or `name: value`, judging the value by its name first. */
function pairWithout(word: string, shape: RegExp, blank: Blank, without = valueWithout): string {
  const [, start = '', value = ''] = shape.exec(word) ?? [];
  if (start === '') return textWithout(word, blank);
  return start + without(start.replace(/[:=]\s*$/, ''), value, blank);
}

/**
 * Replaces the secrets in a header. In an unknown `X-` header a word of 10 or more characters with letters and digits
 * mixed is a password, regardless of its name.
 */
export function headerWithout(name: string, value: string, blank: Blank): string {
  const isPassword =
    /^x-/i.test(name) && !PLAIN_HEADER.test(name) && /^(?=.*[A-Za-z]\d)(?=.*\d[A-Za-z])[\w!#%&*?]{10,}$/.test(value);
  return isPassword ? blank(name, value) : valueWithout(name, value, blank);
}

/** Replaces the secrets in a value that has a name; an authentication scheme before it stays. */
export function valueWithout(name: string, value: string, blank: Blank): string {
  const [, scheme = '', rest = value] = /^((?:Bearer|Basic|Token|ApiKey|Digest) +)([\s\S]+)$/i.exec(value) ?? [];
  const held = new HeldText(rest, (reference) => reference);
  const label = scheme === '' ? name : 'token';
  const under = valueUnder(name, held.text, (_, secret) => held.hold(blank(label, held.released(secret))));
  if (under !== held.text) return scheme + held.released(under);
  // Behind `Bearer` or `Basic` stands a credential, regardless of the name.
  const isCredential = /^(?:Bearer|Basic) /i.test(scheme) && /^[^\s{}$]{4,}$/.test(rest) && !/^auth/i.test(rest);
  if (isCredential) return scheme + blank('token', rest);
  return textWithout(value, labelled(name, blank), { entropy: !isIdentifier(name) });
}

/** Wraps `blank` so that a secret without a name of its own gets the given name. */
function labelled(name: string, blank: Blank): Blank {
  return (inner, value) => blank(inner === 'secret' ? name : inner, value);
}

/** True for a name whose values look random but are no secrets. */
function isIdentifier(name: string): boolean {
  return /(?:id|ids|uuid|hash|sha\d*|digest|checksum|commit|revision|version|model|path|file|dir)$/i.test(name);
}

/** True if a word is a variable or an option of `env`, as in `env A=1 B=2 program`. */
function isEnvWord(words: readonly unknown[], index: number): boolean {
  const start = words.findIndex((word) => typeof word === 'string' && /(?:^|[\\/])env$/.test(word));
  if (start < 0 || index <= start) return false;
  return words
    .slice(start + 1, index + 1)
    .every((word) => typeof word === 'string' && /^(?:-.*|[A-Za-z_]\w*=[\s\S]*)$/.test(word));
}
