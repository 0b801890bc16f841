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
 * Programs that log in to a database and the like, and options that name a user: short options behind them hold
 * passwords.
 */
const LOGS_IN = /sql|maria|postgres|\bpg\b|mongo|redis|valkey|clickhouse|ldap|oracle|neo4j|sshpass|^-[uU]|^--?user/i;
const PASSWORD_OPTION = /^-[pPWa]$/;
/** Ports, and what is none of a password behind `-p`. */
const PLAIN_VALUE = /^(?:\d[\d.:-]*(?:\/\w+)?|[./~].*)$/;
const GLUED =
  /^(-p)(?!(?:rint|ath|ort|rod|ro[fjtvx]|re|ri|ub|lugin|oll|ool|age|ar|at|id|ing|lat|olicy|ush|ack)[\w-]*$)(.+)$/;

/** `user/password@host` of Oracle. */
const SQLPLUS = /^(\w+\/)([^@/]+)(@.*)?$/;

/** Programs whose `-e` is followed by code: there it is no variable. */
const RUNS_CODE = /(?:^|[\\/])(?:node|bun|ruby|perl|Rscript|lua|elixir|osascript)(?:\.exe)?$/i;

/** The words of a command without their secrets: behind options, in assignments, headers, scripts and addresses. */
export function commandWithout(words: readonly unknown[], blank: Blank): unknown[] {
  return words.map((word, index) => {
    if (typeof word !== 'string') return word;
    const before = String(words[index - 1] ?? '');
    const logsIn = words.slice(0, index).some((each) => typeof each === 'string' && LOGS_IN.test(each));
    // A user and a group of a container.
    if (isContainer(words[0]) && /^(?:-u|--user)$/.test(before) && /^(\w+):\1$/.test(word)) return word;
    const login = logsIn ? shortOptionWithout(word, before, words, blank) : undefined;
    // An id has the option that it is for; alone it is a key.
    if (index > 1 && isUuid(word) && !before.startsWith('-')) return blank('key', word);
    const isCode = before === '-e' && RUNS_CODE.test(String(words[0]));
    return login ?? (isCode ? textWithout(word, blank) : wordWithout(word, before, isEnvWord(words, index), blank));
  });
}

function isContainer(program: unknown): boolean {
  return /docker|podman|nerdctl/.test(String(program));
}

/** `-pvalue`, `-p value` and the like; undefined: it is none. */
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

/** `-U user%value` of samba, `user/value@host` of sqlplus; undefined: it is none. */
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
  // One option or variable of one word: all of its value counts, blanks included.
  return /^--?[A-Za-z][\w.-]*=[\s\S]*$/.test(word)
    ? pairWithout(word, /^([^=]+=)([\s\S]*)$/, blank)
    : textWithout(word, blank);
}

/** `name=value` or `name: value`: by the name first. */
function pairWithout(word: string, shape: RegExp, blank: Blank, without = valueWithout): string {
  const [, start = '', value = ''] = shape.exec(word) ?? [];
  if (start === '') return textWithout(word, blank);
  return start + without(start.replace(/[:=]\s*$/, ''), value, blank);
}

/** A header: of one that only its server knows a word with digits within is a password, whatever its name. */
export function headerWithout(name: string, value: string, blank: Blank): string {
  const isPassword =
    /^x-/i.test(name) && !PLAIN_HEADER.test(name) && /^(?=.*[A-Za-z]\d)(?=.*\d[A-Za-z])[\w!#%&*?]{10,}$/.test(value);
  return isPassword ? blank(name, value) : valueWithout(name, value, blank);
}

/** A value that stands under a name; the scheme of a header stays. */
export function valueWithout(name: string, value: string, blank: Blank): string {
  const [, scheme = '', rest = value] = /^((?:Bearer|Basic|Token|ApiKey|Digest) +)([\s\S]+)$/i.exec(value) ?? [];
  const held = new HeldText(rest, (reference) => reference);
  const label = scheme === '' ? name : 'token';
  const under = valueUnder(name, held.text, (_, secret) => held.hold(blank(label, held.released(secret))));
  if (under !== held.text) return scheme + held.released(under);
  // A scheme says what comes behind it, whatever the name.
  const isCredential = /^(?:Bearer|Basic) /i.test(scheme) && /^[^\s{}$]{4,}$/.test(rest) && !/^auth/i.test(rest);
  if (isCredential) return scheme + blank('token', rest);
  return textWithout(value, labelled(name, blank), { entropy: !isIdentifier(name) });
}

/** A secret without a name of its own gets the given name. */
function labelled(name: string, blank: Blank): Blank {
  return (inner, value) => blank(inner === 'secret' ? name : inner, value);
}

/** Names of values that are random and no secret. */
function isIdentifier(name: string): boolean {
  return /(?:id|ids|uuid|hash|sha\d*|digest|checksum|commit|revision|version|model|path|file|dir)$/i.test(name);
}

/** `env A=1 B=2 program`: each is one variable, however its value looks. */
function isEnvWord(words: readonly unknown[], index: number): boolean {
  const start = words.findIndex((word) => typeof word === 'string' && /(?:^|[\\/])env$/.test(word));
  if (start < 0 || index <= start) return false;
  return words
    .slice(start + 1, index + 1)
    .every((word) => typeof word === 'string' && /^(?:-.*|[A-Za-z_]\w*=[\s\S]*)$/.test(word));
}
