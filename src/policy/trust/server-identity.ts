import { createHash } from 'node:crypto';
import type { ServerConfig } from '../../config/schema.ts';

/** Names under which people keep secrets. */
const SECRET_NAME = /key|token|secret|passw|pwd|auth|credential|cookie|session|signature/i;
const MIN_SECRET_LENGTH = 6;
const BLANK = '[redacted]';

/**
 * A hash of the key of a server and of what is started or connected to, without what is secret or changes with a login. It
 * names the server's record, so what is left out here stays as it is, whatever logs learn to blank: under another name a
 * server would begin anew.
 */
export function serverIdentity(config: ServerConfig): string {
  const { key, type } = config;
  const secrets = [...new Set(secretsOf(config))]
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length);
  const blanked = (text: string) => secrets.reduce((left, secret) => left.replaceAll(secret, BLANK), text);
  const what = config.type === 'local' ? [...config.command, config.cwd] : [config.url];
  const identity = [key, type, ...what.map((text) => text && blanked(text))];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
}

function secretsOf(config: ServerConfig): string[] {
  const read = (config.secrets ?? []).flatMap((secret) => {
    return [secret, ...secret.split(/\r?\n/).map((line) => line.trim()), encodeURIComponent(secret)];
  });
  return [...read, ...(config.type === 'local' ? localSecrets(config) : remoteSecrets(config))];
}

function localSecrets({ command, environment }: ServerConfig & { type: 'local' }): string[] {
  const variables = Object.entries(environment).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  const options = command.flatMap((word, index) => {
    const [name = '', value] = word.split(/=(.*)/s);
    return name.startsWith('-') && SECRET_NAME.test(name) ? [value ?? command[index + 1] ?? ''] : [];
  });
  return [...variables, ...options];
}

function remoteSecrets({ url, headers, oauth }: ServerConfig & { type: 'remote' }): string[] {
  const { username, password, searchParams } = new URL(url);
  const parameters = [...searchParams].flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  const values = Object.values(headers).flatMap((value) => [value, value.replace(/^\w+ /, '')]);
  const within = [username, password, ...parameters].flatMap((text) => [text, encodeURIComponent(text)]);
  return [...values, (oauth ? oauth.clientSecret : undefined) ?? '', ...within];
}
