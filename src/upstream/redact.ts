import type { ServerConfig } from '../config/schema.ts';
import { basicOf, decoded, parseProxy } from '../core/address.ts';

/** Names under which people keep secrets: variables, query parameters and options alike. */
const SECRET_NAME = /key|token|secret|passw|pwd|auth|credential|cookie|session|signature/i;
/** Shorter values are ordinary words: to blank them everywhere would make errors unreadable. */
const MIN_SECRET_LENGTH = 6;

/** A function that blanks the secrets of a server's entry in a text: headers, and whatever its name tells to be one. */
export function redactor(config: ServerConfig): (text: string) => string {
  const named = config.type === 'local' ? localSecrets(config) : remoteSecrets(config);
  const secrets = [...new Set([...named, ...(config.secrets ?? []).flatMap(asWritten)])]
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    // Longest first, so that a secret that contains another is blanked whole.
    .sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, '[redacted]'), text);
}

/** A secret as it may stand in a text: as a whole, line by line as stderr is read, within a URL. */
function asWritten(secret: string): string[] {
  return [secret, ...secret.split(/\r?\n/).map((line) => line.trim()), encodeURIComponent(secret)];
}

function localSecrets({ command, environment }: ServerConfig & { type: 'local' }): string[] {
  const variables = Object.entries(environment).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  const options = command.flatMap((word, index) => {
    const [name = '', value] = word.split(/=(.*)/s);
    if (!name.startsWith('-') || !SECRET_NAME.test(name)) return [];
    return [value ?? command[index + 1] ?? ''];
  });
  return [...variables, ...options];
}

function remoteSecrets({ url, headers, oauth, proxy }: ServerConfig & { type: 'remote' }): string[] {
  const { searchParams } = new URL(url);
  const ways = [new URL(url), ...(proxy ? [parseProxy(proxy)] : [])];
  const people = ways.flatMap((way) => (way ? [way.username, way.password, basicOf(way)?.slice(6) ?? ''] : []));
  const parameters = [...searchParams].flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  const values = Object.values(headers).flatMap((value) => [value, value.replace(/^\w+ /, '')]);
  const client = (oauth ? oauth.clientSecret : undefined) ?? '';
  return [
    ...values,
    client,
    ...[...people, ...parameters].flatMap((text) => [text, encodeURIComponent(text), decoded(text)]),
  ];
}
