import { knownTokens } from '../../core/credential-forms.ts';
import { HeldText, holdsReference, inSubstitution } from './held-text.ts';
import { isPlainUnder, looksRandom, looksRandomShort, secretWordIn } from './secret-heuristics.ts';
import { type Blank, inPlaces, urlsWithout } from './secret-places.ts';

export type { Blank };

/** Matches a word of a shell, with quoted parts. A comma ends it if `name=` follows. */
const WORD = /(?:'[^']*'|`[^`]*`|"(?:[^"\\]|\\.)*"|\\.|,(?!\s*[A-Za-z_][\w.-]*=)|[^\s;&|"'<>()\\,])+/.source;
const ASSIGNMENT = new RegExp(
  String.raw`(^|[\s;&|,(){}"'\`?\\:])((?:\$env:|--?|/)?[A-Za-z_][\w.-]{0,100})(\s{0,9}:?=\s{0,9})(${WORD})`,
  'g',
);
/** Matches an assignment of cmd.exe, whose values may contain blanks. */
const SET = /(\bset\s+"?)([A-Za-z_][\w.-]*)(=)([^&|"\r\n]+)/gi;
/** Matches `npm config set //host/:_authToken value` and `aws configure set aws_secret_access_key value`. */
const CONFIG_SET = new RegExp(
  String.raw`(\bconfig(?:ure)?\s+(?:set\s+)?(?:--?\w[\w-]*\s+){0,5}(?:[^\s=;&|"']{0,100}[^\w\s-])?)([A-Za-z_][\w-]*)(\s+)(${WORD})`,
  'g',
);
/** Matches `read -r NAME <<< value`. */
const READ = new RegExp(String.raw`(\bread\s+(?:-\w+\s+)*)([A-Za-z_]\w*)(\s*<<<\s*)(${WORD})`, 'g');
/** Matches assignments of fish, csh and Windows: `set -x NAME value`, `setenv NAME value`, `setx NAME value`. */
const SET_APART = new RegExp(String.raw`(\b(?:set\s+(?:-\w+\s+)+|setenv\s+|setx\s+))([A-Za-z_]\w*)(\s+)(${WORD})`, 'g');
const PAIR = /(["'])(-{0,2}[A-Za-z_][\w-]*)(\1\s*,\s*)("[^"]+"|'[^']+')/g;
const OPTION = new RegExp(String.raw`(^|[\s"'(])(--?[A-Za-z][\w-]{0,100})(\s{1,9})((?!-)${WORD})`, 'g');
const HEADER =
  /(^|[\s"'{,;=(\\])(-{0,2}[A-Za-z][\w-]{0,100}|\/[A-Za-z][\w-]{0,100}(?=:[^/]))(\s{0,9}:\s{0,9}(?!\/\/))((?:(?:Bearer|Basic|Token|ApiKey|Digest)\s+)?)((?![{[])[^\s"',;\\]+)/gi;
const COOKIE = /(\bcookie)(\s*:\s*)([^"'\r\n\ue000-\uf8ff]+)/gi;
const SCHEME = /(\b(?:Bearer|Basic)\s+)((?=[\w.~+/=-]*\d|[\w.~+/=-]{20})[\w.~+/=-]{8,})/gi;
/**
 * Matches a member of JSON or of a similar notation with `'` or `=>`. `QUOTED_MEMBER` matches one within a quoted text,
 * where backslashes precede the quotes.
 */
const MEMBER = /(["'])([\w.$ -]{1,100})\1(\s{0,9}(?::|=>)\s{0,9})(?:"((?:[^"\\]|\\.)*)"|'([^'\\]*)')/g;
const QUOTED_MEMBER = /(\\{1,9}["'])([\w.$ -]{1,100})\1(\s{0,9}:\s{0,9})(\\{1,9}["'])([^"'\\]*)\4/g;
const LIST = /(["'])([\w.$ -]{1,100})\1(\s{0,9}:\s{0,9})(\[[^[\]{}]*\])/g;
/**
 * Matches values in code: `['NAME'] = 'value'`, `name: 'value'`, `name: str = 'value'`, `NAME || 'value'`,
 * `setName('value')`.
 */
const CODE =
  /(^|[\s{([,."'`])([A-Za-z_$][\w$-]{0,100})(["'`]?[\])]?\s{0,9}(?::\s{0,9}(?:\w{1,40}\s{0,9}=)?|(?:\|\||\?\?|\bor\b)=?|=\s{0,9}\(?|\()\s{0,9})("[^"\n]*"|'[^'\n]*'|`[^`\n]*`)/g;
const ORACLE =
  /((?:\bjdbc:oracle:\w{1,10}:|(?<![\w./@:-]))[\w$#]{1,60}\/)([^\s@/"']{1,200})(?=@(?:\/\/)?[\w.-]{1,200}(?::\d{1,5})?[:/]\w)/g;
const MAIL_LOGIN =
  /((?<![\w.+%@-])[\w.+%-]{1,80}@[\w-]{1,80}(?:\.[\w-]{1,80}){1,8}:)(?=[^\s"',;@/]*[^\s"',;@/\d])(?=[^\s"',;@/]*[\d!#$%&*?])([^\s"',;@/]{5,})(?<!\.git)(?=$|[\s"',;])/g;
/** Matches a connection string: `Server=x;User Id=y;Password=z`. */
const CONNECTION = /^[^=;]+=[^;]*(?:;\s*[^=;]+=[^;]*)+;?\s*$/;
/** Matches literal text between references with at least 6 letters or digits in a row: it may be a part of a secret. */
const LITERAL_PART = /[^\s\ue000-\uf0ff]*[A-Za-z\d]{6,}[^\s\ue000-\uf0ff]*/g;
/** Words that may be random; `drawn` excludes paths. */
const RANDOM = /[A-Za-z\d_+/=.~-]{16,}/g;

/** Greatest length, in characters, of a text that is searched; a longer one counts as one secret. */
const MAX_TEXT = 8_000;
/** Greatest depth of nested assignments, as in `--env=A=B=C`; a deeper one counts as one secret. */
const MAX_DEPTH = 5;

/**
 * Replaces the secrets in a text of any kind (a value, a word of a command, a script): in addresses, JSON, assignments,
 * options, headers and connection strings, tokens with known prefixes, and random words unless `entropy` is false.
 * `blank` returns the replacement of each; references stay.
 */
export function textWithout(text: string, blank: Blank, { entropy = true } = {}): string {
  if (text.length > MAX_TEXT) return blank('secret', text);
  const inner = (script: string) => textWithout(script, blank, { entropy });
  const held = new HeldText(text, (reference) => inSubstitution(reference, inner) ?? defaultWithout(reference, blank));
  const hide: Blank = (name, value) => (value === '' ? '' : held.hold(blank(name, held.released(value))));
  const named = [
    urlsWithout,
    inLogins,
    inConnection,
    inJson,
    inNamelessPlaces,
    inCode,
    inAssignments,
    inOptions,
    inHeaders,
  ].reduce((rest, step) => step(rest, hide), held.text);
  const known = knownTokens(named).reduce((rest, token) => rest.replaceAll(token, hide('secret', token)), named);
  return held.released(entropy ? known.replace(RANDOM, (word, at: number) => drawn(known, word, at, hide)) : known);
}

/** Replaces the default in `${API_KEY:-literal}` if it is a secret. */
function defaultWithout(reference: string, blank: Blank): string {
  const [, name = '', value = ''] = /^\$?\$\{(?:env:)?([A-Za-z_]\w*):-([\s\S]+)\}$/.exec(reference) ?? [];
  if (value === '' || /\$\{/.test(value)) return reference;
  const word = secretWordIn(name);
  const isSecret = (word !== undefined && !isPlainUnder(word, value)) || knownTokens(value).length > 0;
  // An escaped reference is a literal as a whole.
  if (isSecret && reference.startsWith('$$')) return blank(`${name} default`, reference.slice(1));
  return isSecret ? `\${${name}:-${blank(`${name} default`, value)}}` : reference;
}

/**
 * Returns the value, or its replacement if its name marks a secret; if the value holds references, only its literal
 * parts are replaced.
 */
export function valueUnder(name: string, value: string, hide: Blank): string {
  const word = secretWordIn(name);
  if (word === undefined || isPlainUnder(word, value)) return value;
  if (!holdsReference(value)) return hide(name, value);
  if (value.includes('://')) return value;
  return value.replace(LITERAL_PART, (part) =>
    /^(?:Bearer|Basic|Token|ApiKey)\s*$/i.test(part) ? part : hide(name, part),
  );
}

/**
 * Replaces the password in `user/value@host:1521/x` of Oracle and in `me@example.com:value`, but not `me@host:22` or
 * `git@host:path`.
 */
function inLogins(text: string, hide: Blank): string {
  return text
    .replace(ORACLE, (_, user: string, password: string) => user + valueUnder('password', password, hide))
    .replace(MAIL_LOGIN, (_, user: string, password: string) => user + valueUnder('password', password, hide));
}

function inConnection(text: string, hide: Blank): string {
  if (!CONNECTION.test(text) || text.includes('://')) return text;
  const part = (each: string) =>
    each.replace(
      // The name has no quotes and parentheses; code before an `=` often has.
      /^(\s*)([^='"()]+)(=)([\s\S]+)$/,
      (_, start, name, sign, value) => `${start}${name}${sign}${valueUnder(name, value, hide)}`,
    );
  // A semicolon within quotes belongs to the value.
  return text
    .split(/;(?=(?:[^"']*["'][^"']*["'])*[^"']*$)/)
    .map(part)
    .join(';');
}

function inJson(text: string, hide: Blank): string {
  return nested(text, hide)
    .replace(LIST, (_, quote, name, colon, list: string) => {
      const items = list.replace(
        /"((?:[^"\\]|\\.)+)"/g,
        (_item, value: string) => `"${valueUnder(name, value, hide)}"`,
      );
      return `${quote}${name}${quote}${colon}${items}`;
    })
    .replace(MEMBER, (_, quote, name, colon, double?: string, single?: string) => {
      const mark = double === undefined ? "'" : '"';
      return `${quote}${name}${quote}${colon}${mark}${memberWithout(name, double ?? single ?? '', hide)}${mark}`;
    })
    .replace(QUOTED_MEMBER, (_, quote, name, colon, mark, value: string) => {
      return `${quote}${name}${quote}${colon}${mark}${memberWithout(name, value, hide)}${mark}`;
    });
}

function inCode(text: string, hide: Blank): string {
  return text.replace(CODE, (whole, start, name: string, sign, value: string) => {
    const quote = value.charAt(0);
    // Backquotes with a blank hold a command of a shell, whose output is the value.
    if (quote === '`' && /\s/.test(value)) return whole;
    return `${start}${name}${sign}${quote}${memberWithout(name, value.slice(1, -1), hide)}${quote}`;
  });
}

function inNamelessPlaces(text: string, hide: Blank): string {
  return inPlaces(text, (password) => valueUnder('password', password, hide));
}

/** Replaces a secret value, except an authentication scheme before it. */
function memberWithout(name: string, value: string, hide: Blank): string {
  const [, scheme = '', rest = value] = /^((?:Bearer|Basic|Token|ApiKey) +)([\s\S]+)$/i.exec(value) ?? [];
  return `${scheme}${valueUnder(name, rest, hide)}`;
}

/** Replaces secrets in JSON below a name for secrets: `{"apiKeys": {"search": "…"}}`. */
function nested(text: string, hide: Blank): string {
  if (!/^\s*[[{]/.test(text)) return text;
  const values: [string, string][] = [];
  const walk = (value: unknown, names: readonly string[]): void => {
    const above = names.slice(0, -1).find((name) => ['password', 'strong'].includes(secretWordIn(name) ?? ''));
    if (typeof value === 'string' && above && valueUnder(above, value, (_, each) => `-${each}`) !== value)
      values.push([above, value]);
    if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) walk(inner, [...names, name]);
  };
  try {
    walk(JSON.parse(text), []);
  } catch {
    return text;
  }
  const quoted = (value: string) => JSON.stringify(value).slice(1, -1);
  return values.reduce(
    (rest, [name, value]) => rest.replaceAll(`"${quoted(value)}"`, () => `"${hide(name, quoted(value))}"`),
    text,
  );
}

function inAssignments(text: string, hide: Blank, depth = 0): string {
  if (depth > MAX_DEPTH) return hide('secret', text);
  const assigned = (_: string, start: string, name: string, sign: string, value: string): string =>
    `${start}${name}${sign}${wordWithout(name, value, hide, (inner) => (inner.includes('=') ? inAssignments(inner, hide, depth + 1) : inner))}`;
  return [SET, ASSIGNMENT, SET_APART, CONFIG_SET, READ, PAIR].reduce(
    (rest, form) => rest.replace(form, assigned),
    text,
  );
}

/** Replaces the secret in a word of a shell; quotes around the whole word stay. */
function wordWithout(name: string, word: string, hide: Blank, otherwise: (text: string) => string): string {
  const [, quote = '', inner = word] = /^(["'])([\s\S]*)\1$/.exec(word) ?? [];
  if (inner.includes(quote) && quote !== '') return valueUnder(name, word, hide);
  const without = valueUnder(name, inner, hide);
  return `${quote}${without === inner ? otherwise(inner) : without}${quote}`;
}

function inOptions(text: string, hide: Blank): string {
  return text.replace(OPTION, (_, start, name: string, blanks, word: string) => {
    if (/^-(?:u|-user|-userpwd)$/.test(name)) return `${start}${name}${blanks}${loginWithout(word, hide)}`;
    return `${start}${name}${blanks}${wordWithout(name, word, hide, (inner) => inner)}`;
  });
}

/** Replaces the password in `user:password`. */
export function loginWithout(word: string, hide: Blank): string {
  // Two numbers are the ids of a user and a group.
  if (/^\d+:\d+$/.test(word)) return word;
  return word.replace(/^(["']?[^\s:/"']+:)([^"'\s]+)/, (whole, user: string, password: string) =>
    holdsReference(password) ? whole : `${user}${hide('password', password)}`,
  );
}

function inHeaders(text: string, hide: Blank): string {
  return text
    .replace(COOKIE, (_, name, colon, value: string) => `${name}${colon}${hide(name, value)}`)
    .replace(
      HEADER,
      (_, start, name, colon, scheme, value: string) =>
        `${start}${name}${colon}${scheme}${valueUnder(name, value, hide)}`,
    )
    .replace(SCHEME, (_, scheme, value: string) => `${scheme}${hide('token', value)}`);
}

/** Replaces a word that looks random, unless it is a path, a digest or a revision. */
function drawn(text: string, word: string, at: number, hide: Blank): string {
  const before = text.slice(0, at);
  const isPath =
    /^(?:[/~.]|[A-Za-z]:)/.test(word) || (/[\\:]$/.test(before.slice(-1)) && /^\\|^[A-Za-z]:$/.test(before.slice(-2)));
  const isRevision = /(?:[@#]|sha\d+[:=-])$/i.test(before) && /^[0-9a-f]+$/i.test(word);
  return !isPath && !isRevision && (looksRandom(word) || looksRandomShort(word)) ? hide('secret', word) : word;
}
