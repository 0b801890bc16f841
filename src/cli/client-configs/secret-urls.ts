import { knownTokens } from '../../core/known-tokens.ts';
import { holdsReference } from './held-text.ts';
import { isUuid, looksRandom } from './secret-values.ts';
import { isPlainUnder, secretWordIn } from './secret-words.ts';

/** What takes the place of a secret; `name` says what it is. */
export type Blank = (name: string, value: string) => string;

const URL_IN_TEXT = /[a-z][a-z\d+.-]*:\/\/[^\s"'<>`|]+/gi;
/** Random words in an address are shorter: `https://host/s/Xy12ab34Cd56ef/mcp`. */
const LEAST_IN_PATH = 12;
const LEAST_IN_QUERY = 16;
/** Before what names a revision, or behind what names a file to be fetched. */
const REVISION = /^(?:commit|commits|tree|blob|raw|archive|tarball|tags?|releases|download|rev)$/i;
const ARCHIVE = /\.(?:tgz|tar|gz|zip|whl|git|js|mjs|json|ya?ml|html?|md|txt|png|svg)$/i;

/** Addresses to post to: whoever has the rest of one may. */
const WEBHOOK =
  /^(hooks\.slack\.com\/(?:services|workflows|triggers)\/|(?:[\w-]+\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/|[\w.-]*webhook\.office\.com\/\w+\/|outlook\.office(?:365)?\.com\/webhook\/|hooks\.zapier\.com\/hooks\/catch\/|hook\.[\w.-]*(?:make|integromat)\.com\/|maker\.ifttt\.com\/|api\.telegram\.org\/(?:file\/)?bot|open\.(?:feishu|larksuite)\.\w+\/open-apis\/bot\/v2\/hook\/)([^\s]+)$/i;
/** Parameters of one letter that tokens are handed over in. */
const SHORT_PARAMETER = /^[tk]$/i;
/** Before the host of a web address stands a token, but for these. */
const PLAIN_USER = /^(?:git|oauth2?|user|username|anonymous|x-access-token|x-token-auth)$/i;

/** Every address in a text without its credentials: before the host, in the path, in the query and behind it. */
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

/** What stands before the host, with the `@`. A password may hold what an address should not: `/`, `?`, `@`. */
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

/** `?name=value&…` or `#…`. */
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
  // JSON, or another address, within.
  if (/["'].*:|:\/\/.*[:?]/.test(value)) return /(?:key|token|secret|passw|auth|:\/\/[^/]*@)/i.test(value);
  return isUuid(value) && !/ids?$/i.test(name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
