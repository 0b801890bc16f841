import { decoded } from '../../core/address.ts';
import { knownTokens } from '../../core/credential-forms.ts';
import { holdsReference } from './held-text.ts';
import { isPlainUnder, isUuid, looksRandom, secretWordIn } from './secret-heuristics.ts';

/** Matches a quoted string in code, in Python with up to two letters before the quote. */
const STRING = /[bBrRfFuU]{0,2}(?:"[^"\n]*"|'[^'\n]*')/g;
/** Matches calls that take a place, a user and a password, in this order: `connect('db', 'user', 'value')`. */
const CONNECT_CALL = /(\b(?:\w{0,40}[cC]onnect(?:ion)?|PDO)\s{0,9}\()([^()\n]{0,500})(?=\))/g;
/** Matches calls and pairs of a user and a password: `auth=('user', 'value')`, `HTTPBasicAuth("user", "value")`. */
const LOGIN_CALL =
  /((?:auth|log_?in|sign_?in|credentials?|creds)\w{0,20}["']?\s{0,9}[=:]?\s{0,9}[([]\s{0,9}[bru]{0,2}(?:"[^"\n]*"|'[^'\n]*')\s{0,9},\s{0,9}[bru]{0,2}["'])([^"'\n]+)/gi;
/** Matches the same calls if the user is a variable instead of a string. */
const LOGIN_OF =
  /(\b(?:log_?in|sign_?in)\s{0,9}\(\s{0,9}[A-Za-z_$][\w.$]{0,60}\s{0,9},\s{0,9}[bru]{0,2}["'])([^"'\n]+)/gi;
/** Matches `user:value` in a call that encodes it as base64, as for a header: `btoa('user:value')`. */
const ENCODED =
  /(\b(?:btoa|\w{0,20}b64encode|Buffer\.from|\w{0,20}encode64|base64_encode)\s{0,9}\(\s{0,9}[bru]{0,2}["'][\w.@+-]{1,60}:)([^"'\n]+)/g;

const WORD = /(?:'[^'\n]*'|"[^"\n]*"|[^\s;&|"'<>()]+)/.source;
/** Matches the blank before an option, with up to 500 characters of other words of the same command before it. */
const BETWEEN = /\s(?:[^;&|\n]{0,500}?\s)?/.source;
/** Short options behind which these programs take a password: `mysql -uroot -pvalue`. */
const SHORT = [
  `(?:mysql|mariadb)[\\w-]{0,40}${BETWEEN}-p`,
  String.raw`sshpass\s+-p\s?`,
  `redis-cli${BETWEEN}-a\\s+`,
  `(?:docker|podman|nerdctl|helm registry) login${BETWEEN}-p\\s+`,
  `mongo[a-z]{0,10}${BETWEEN}-p\\s+`,
  `(?:sqlcmd|bcp)${BETWEEN}-P\\s+`,
  `ldap[a-z]{1,10}${BETWEEN}-w\\s+`,
].join('|');
const SHORT_OPTION = new RegExp(`(\\b(?:${SHORT}))((?!-)${WORD})`, 'g');
/** Matches a password joined to its user: `smbclient -U user%value`, `sqlplus user/value@host`. */
const JOINED =
  /(\bsmb[a-z]{1,10}\s[^;&|\n]{0,500}?-U\s{0,3}["']?[\w.\\-]{1,60}%|\bsqlplus\s+(?:-\w+\s+){0,5}["']?\w{1,60}\/)([^\s@"'/]+)/g;
/**
 * Matches the option with which a program reads a secret from its input: `echo value | docker login --password-stdin`,
 * `gh auth login --with-token <<< value`.
 */
const READS_SECRET = String.raw`--?(?:\w{1,20}-){0,2}(?:password|pass|token|secret|key)(?:-stdin|-from-stdin)?(?![\w=-])`;
const PIPED = new RegExp(
  String.raw`(\b(?:echo(?:\s+-n)?|printf(?:\s+["']?%s(?:\\n)?["']?)?)\s+)(${WORD})(?=\s*\|[^|;&\n]{0,500}\s${READS_SECRET})`,
  'g',
);
const HERE = new RegExp(String.raw`(\s${READS_SECRET}[^|;&\n]{0,500}<<<\s*)(${WORD})`, 'g');
const SECURE_STRING = new RegExp(String.raw`(\bConvertTo-SecureString\s+(?:-String\s+)?)(${WORD})`, 'gi');
/** Words that stand where a password could stand but are modes, kinds or formats. */
const MODE =
  /^(?:stdio|sse|localhost|public|private|interactive|device|popup|redirect|silent|sso|google|github|debug|info|warn(?:ing)?|error|utf-?8\w*|latin-?1|json|text|GET|POST)$/i;

/** Returns the replacement of a password, or the same text if it is none. */
type Without = (password: string) => string;

/**
 * Replaces the secrets in a text that only their position reveals: in calls of code, behind short options, and piped to
 * a program.
 */
export function inPlaces(text: string, without: Without): string {
  const behind = [LOGIN_CALL, LOGIN_OF, ENCODED, SHORT_OPTION, JOINED, PIPED, HERE, SECURE_STRING];
  return behind.reduce(
    (rest, step) => rest.replace(step, (_, start: string, value: string) => start + quotedWithout(value, without)),
    inConnectCalls(text, without),
  );
}

/** Replaces the third string of each call that matches `CONNECT_CALL`, if the second looks like a user. */
function inConnectCalls(text: string, without: Without): string {
  return text.replace(CONNECT_CALL, (whole, start: string, given: string) => {
    const [, user = '', password = ''] = (given.match(STRING) ?? []).map((string) => string.replace(/^\w*.|.$/g, ''));
    // If the values have names, `inAssignments` judges them by their names instead.
    const isNamed = /[=:]\s*["']|=>/.test(given.replace(STRING, '""'));
    if (isNamed || MODE.test(user) || /[.:\s]/.test(user) || /^\d{1,5}$/.test(password)) return whole;
    let count = 0;
    return start + given.replace(STRING, (string) => (++count === 3 ? quotedWithout(string, without) : string));
  });
}

function quotedWithout(word: string, without: Without): string {
  const [, start = '', value = word, end = ''] = /^(\w{0,2}["'])([\s\S]*)(["'])$/.exec(word) ?? [];
  return MODE.test(value) || value.includes('://') ? word : start + without(value) + end;
}

/** Returns the replacement of a secret; `name` is the name under which it stands, or its kind. */
export type Blank = (name: string, value: string) => string;

const URL_IN_TEXT = /[a-z][a-z\d+.-]*:\/\/[^\s"'<>`|]+/gi;
/**
 * Least length, in characters, of a random word in the path of an address: `https://host/s/Xy12ab34Cd56ef/mcp`. It is
 * less than in other texts.
 */
const LEAST_IN_PATH = 12;
const LEAST_IN_QUERY = 16;
/** Path segments before a revision or a downloaded file; the next segment is no secret. */
const REVISION = /^(?:commit|commits|tree|blob|raw|archive|tarball|tags?|releases|download|rev)$/i;
const ARCHIVE = /\.(?:tgz|tar|gz|zip|whl|git|js|mjs|json|ya?ml|html?|md|txt|png|svg)$/i;

/** Matches the start of a webhook's address; the rest of its path is the permission to post. */
const WEBHOOK =
  /^(hooks\.slack\.com\/(?:services|workflows|triggers)\/|(?:[\w-]+\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/|[\w.-]*webhook\.office\.com\/\w+\/|outlook\.office(?:365)?\.com\/webhook\/|hooks\.zapier\.com\/hooks\/catch\/|hook\.[\w.-]*(?:make|integromat)\.com\/|maker\.ifttt\.com\/|api\.telegram\.org\/(?:file\/)?bot|open\.(?:feishu|larksuite)\.\w+\/open-apis\/bot\/v2\/hook\/)([^\s]+)$/i;
/** Query parameters of one letter that may hold a token. */
const SHORT_PARAMETER = /^[tk]$/i;
/** Names before the `@` of a web address that are no token although no password follows them. */
const PLAIN_USER = /^(?:git|oauth2?|user|username|anonymous|x-access-token|x-token-auth)$/i;

/**
 * Replaces the credentials in every address of a text: before the host, in the path, in the query and in the fragment.
 */
export function urlsWithout(text: string, blank: Blank): string {
  return text.replace(URL_IN_TEXT, (url) => urlWithout(url, blank));
}

function urlWithout(url: string, blank: Blank): string {
  const [, scheme = '', all = ''] = /^([^:]*:\/\/)([\s\S]*)$/.exec(url) ?? [];
  const { login, rest } = apart(all);
  const [, place = '', query = '', fragment = ''] = /^([^?#]*)(\?[^#]*)?(#[\s\S]*)?$/.exec(rest) ?? ['', rest];
  const isSource = /^git\b|^ssh:/i.test(scheme) || /\.git\b/.test(place);
  const path = isSource ? place : pathWithout(place, blank);
  return `${scheme}${loginWithout(login, /^(?:git\+)?(?:http|ws)s?:/i.test(scheme), blank)}${path}${pairsWithout(query, blank)}${isSource ? fragment : pairsWithout(fragment, blank)}`;
}

/**
 * Splits off the login before the host, with the `@`. A password may hold characters that an address should not: `/`,
 * `?`, `@`.
 */
function apart(all: string): { readonly login: string; readonly rest: string } {
  const strict = /^[^/?#]*@/.exec(all)?.[0];
  const lax = /^[^/@:?#]*:(?!\d+(?:[/?#]|$))[^@]*@(?=[^@/\s])/.exec(all)?.[0];
  const login = strict ?? lax ?? '';
  return { login, rest: all.slice(login.length) };
}

function loginWithout(login: string, isWeb: boolean, blank: Blank): string {
  const [, user = '', colon = '', password = ''] = /^([^:]*)(:?)([\s\S]*)@$/.exec(login) ?? [];
  if (login === '') return '';
  const isAlone = password === '' && (colon !== '' || (isWeb && !PLAIN_USER.test(user)));
  const isToken = knownTokens(user).length > 0 || looksRandom(user, LEAST_IN_PATH) || isAlone;
  const named = isToken && user !== '' && !holdsReference(user) ? blank('token', user) : user;
  const hidden = password !== '' && !isOnlyReference(password) ? blank('password', password) : password;
  return `${named}${colon}${hidden}@`;
}

function isOnlyReference(text: string): boolean {
  return holdsReference(text) && text.length === 1;
}

function pathWithout(path: string, blank: Blank): string {
  const [, hook, rest] = WEBHOOK.exec(path) ?? [];
  if (hook !== undefined && rest !== undefined && !holdsReference(rest)) return hook + blank('webhook', rest);
  const segments = path.split('/');
  return segments
    .map((segment, index) => {
      const before = segments[index - 1] ?? '';
      if (index === 0 || segment === '' || holdsReference(segment) || ARCHIVE.test(segment)) return segment;
      if (REVISION.test(before) || /^[^@]+@[0-9a-f]{7,40}$/i.test(segment)) return segment;
      const isNamed = index > 1 && secretWordIn(before) !== undefined && /\d/.test(segment) && segment.length >= 6;
      const isKnown = knownTokens(decoded(segment)).length > 0;
      return isNamed || isKnown || isUuid(segment) || looksRandom(segment, LEAST_IN_PATH)
        ? blank('token', segment)
        : segment;
    })
    .join('/');
}

/** Replaces the secret values in a query (`?name=value&…`) or a fragment (`#…`). */
function pairsWithout(pairs: string, blank: Blank): string {
  return pairs.replace(/([?&;#])([^=&;#?]*)=([^&;#]*)/g, (whole, start: string, name: string, value: string) => {
    if (value === '' || holdsReference(value)) return whole;
    return isSecretParameter(decoded(name), decoded(value)) ? `${start}${name}=${blank(name, value)}` : whole;
  });
}

function isSecretParameter(name: string, value: string): boolean {
  const word = secretWordIn(name) ?? (name === 'code' ? 'weak' : undefined);
  if (word !== undefined) return !isPlainUnder(word, value);
  if (SHORT_PARAMETER.test(name) && /^[\w.~+/=-]{8,}$/.test(value)) return true;
  if (knownTokens(value).length > 0 || looksRandom(value, LEAST_IN_QUERY)) return true;
  // The value contains JSON or another address: it is a secret if it names a key, a password or a login.
  if (/["'].*:|:\/\/.*[:?]/.test(value)) return /(?:key|token|secret|passw|auth|:\/\/[^/]*@)/i.test(value);
  return isUuid(value) && !/ids?$/i.test(name);
}
