import type { ServerConfig } from '../config/schema.ts';
import { basicOf, decoded, parseProxy } from '../core/address.ts';
import { knownTokens } from '../core/credential-forms.ts';
import { isJsonObject } from '../core/json.ts';

/** Names that suggest a secret: of variables, query parameters, options and headers. */
const SECRET_NAME = /key|token|secret|pass|pwd|auth|credential|cookie|session|signature|jwt|dsn|(?:\b|_)pat\b/i;

/** `scheme://user:password@`; the password extends to the last `@`. */
const ADDRESS = /[a-z][\w+.-]*:\/\/([^\s:/@"']*)(?::([^\s"']*))?@/gi;
/** `name=value` in a query, a connection string or the words of a shell. */
const ASSIGNMENT = /(?:^|[?&;,\s"'])(?:--?)?([\w.-]+)\s?=\s?(?:"([^"]*)"|'([^']*)'|([^&;\s"']+))/g;
/** `Name: value`, the form of curl's `-H`. */
const HEADER = /(?:^|[=\s"'])([\w-]+):\s*(?:(?:bearer|basic|token)\s+)?([^\s"']+)/gi;

/** curl's `-u user:password`: as an argument of its own, whose password extends to its end, and within a text. */
const USER_OPTION = /^(?:-[uU]|--(?:proxy-)?user(?:pwd)?)$/;
const USER_IN_TEXT = /(?:^|\s)(?:-[uU]|--(?:proxy-)?user(?:pwd)?)[\s=]*["']?([^\s:"'=]+:[^\s"']+)/g;
/** True if the name suggests a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * Returns the secrets of an entry, found by their place and by the names of their members, with duplicates and empty
 * texts.
 */
export function entrySecrets(config: ServerConfig): readonly string[] {
  const own = config.type === 'local' ? localSecrets(config) : remoteSecrets(config);
  return [...own, ...(config.secrets ?? [])].flatMap((secret) => [secret, ...leaves(secret)]);
}

function localSecrets({ command, environment }: ServerConfig & { type: 'local' }): string[] {
  const variables = Object.entries(environment).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  const options = command.flatMap((word, index) => {
    const isNamed = /^--?[\w-]+$/.test(word) && SECRET_NAME.test(word);
    return isNamed ? [command[index + 1] ?? ''] : [];
  });
  const users = command.flatMap((word, index) => (USER_OPTION.test(word) ? passwordOf(command[index + 1] ?? '') : []));
  return [...variables, ...options, ...users, ...[...command, ...Object.values(environment)].flatMap(withinText)];
}

function remoteSecrets({ url, headers, oauth, proxy }: ServerConfig & { type: 'remote' }): string[] {
  const { searchParams } = new URL(url);
  const people = [new URL(url), ...(proxy ? [parseProxy(proxy)] : [])].flatMap((way) =>
    way ? [way.username, way.password, basicOf(way)?.slice('Basic '.length) ?? ''] : [],
  );
  const parameters = [...searchParams].flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  const values = Object.values(headers).flatMap((value) => [value, value.replace(/^\w+ /, ''), ...basic(value)]);
  const client = (oauth ? oauth.clientSecret : undefined) ?? '';
  return [...values, client, ...people, ...people.map(decoded), ...parameters, ...withinText(url)];
}

/** Returns `user:password` and the password of an `Authorization: Basic …`. */
function basic(header: string): string[] {
  const credentials = /^basic +([\w+/=-]+)$/i.exec(header)?.[1];
  const text = credentials === undefined ? '' : Buffer.from(credentials, 'base64').toString();
  return text.includes(':') ? [text, text.slice(text.indexOf(':') + 1)] : [];
}

/**
 * Returns the secrets inside a text: passwords in addresses, values assigned to secret names, tokens of known forms.
 */
export function withinText(text: string): string[] {
  const passwords = [...text.matchAll(ADDRESS)].flatMap(([, user = '', password]) => {
    if (password === undefined) return isLikelyToken(user) ? [user] : [];
    return [password, decoded(password), Buffer.from(`${user}:${password}`).toString('base64')];
  });
  const assigned = [...text.matchAll(ASSIGNMENT)].flatMap(([, name = '', ...values]) =>
    SECRET_NAME.test(name) ? values.filter((value) => value !== undefined) : [],
  );
  const headers = [...text.matchAll(HEADER)].flatMap(([, name = '', value = '']) =>
    SECRET_NAME.test(name) && !value.startsWith('//') ? [value] : [],
  );
  const users = [...text.matchAll(USER_IN_TEXT)].flatMap(([, pair = '']) => passwordOf(pair));
  return [
    ...passwords,
    ...assigned,
    ...assigned.map(decoded),
    ...headers,
    ...users,
    ...knownTokens(text),
    ...leaves(text),
  ];
}

/** Returns the password of `user:password`; none for docker's `--user` values such as `1000:1000` or `node:node`. */
function passwordOf(pair: string): string[] {
  const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(pair) ?? [];
  return password === user || /^\d+:\d+$/.test(pair) ? [] : [password];
}

/** True for the token of `https://<token>@host`, false for the user of `ssh://git@host`. */
function isLikelyToken(user: string): boolean {
  return user.length >= 16 && /\d/.test(user);
}

/** Returns the texts under secret names if the text is JSON, such as the key file of a service account. */
function leaves(text: string): string[] {
  if (!/^\s*[{[]/.test(text)) return [];
  try {
    return named(JSON.parse(text), false);
  } catch {
    return [];
  }
}

function named(value: unknown, isSecret: boolean): string[] {
  if (typeof value === 'string') return isSecret ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((each) => named(each, isSecret));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => named(each, isSecret || SECRET_NAME.test(name)));
}
