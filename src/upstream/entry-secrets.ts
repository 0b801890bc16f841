import type { ServerConfig } from '../config/schema.ts';
import { basicOf, decoded, parseProxy } from '../core/address.ts';
import { knownTokens } from '../core/credential-forms.ts';
import { isJsonObject } from '../core/json.ts';

/** Names under which people keep secrets: variables, query parameters, options and headers alike. */
const SECRET_NAME = /key|token|secret|pass|pwd|auth|credential|cookie|session|signature|jwt|dsn|(?:\b|_)pat\b/i;

/** `scheme://user:password@`, the password as far as the last @. */
const ADDRESS = /[a-z][\w+.-]*:\/\/([^\s:/@"']*)(?::([^\s"']*))?@/gi;
/** `name=value` in a query, a connection string or the words of a shell. */
const ASSIGNMENT = /(?:^|[?&;,\s"'])(?:--?)?([\w.-]+)\s?=\s?(?:"([^"]*)"|'([^']*)'|([^&;\s"']+))/g;
/** `Name: value`, as curl takes headers. */
const HEADER = /(?:^|[=\s"'])([\w-]+):\s*(?:(?:bearer|basic|token)\s+)?([^\s"']+)/gi;

/** `-u user:password`, as curl takes it; the password of an argument of its own as far as its end. */
const USER_OPTION = /^(?:-[uU]|--(?:proxy-)?user(?:pwd)?)$/;
const USER_IN_TEXT = /(?:^|\s)(?:-[uU]|--(?:proxy-)?user(?:pwd)?)[\s=]*["']?([^\s:"'=]+:[^\s"']+)/g;
/** True if people keep a secret under that name. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** What is secret in an entry, by where it stands and what it is called; in no particular form. */
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

/** User and password of an `Authorization: Basic …`. */
function basic(header: string): string[] {
  const credentials = /^basic +([\w+/=-]+)$/i.exec(header)?.[1];
  const text = credentials === undefined ? '' : Buffer.from(credentials, 'base64').toString();
  return text.includes(':') ? [text, text.slice(text.indexOf(':') + 1)] : [];
}

/** Secrets inside a text: passwords of addresses, what is assigned to a name that tells. */
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

/** The password of `user:password`; not the group of `1000:1000` or `node:node`, as docker takes them. */
function passwordOf(pair: string): string[] {
  const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(pair) ?? [];
  return password === user || /^\d+:\d+$/.test(pair) ? [] : [password];
}

/** `https://<token>@host`, not `ssh://git@host`. */
function isLikelyToken(user: string): boolean {
  return user.length >= 16 && /\d/.test(user);
}

/** Texts under names that tell, where a text is JSON, as a key file of a service account. */
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
