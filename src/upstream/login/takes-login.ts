import type { ServerConfig } from '../../config/schema.ts';

/** A server whose entry says who we are needs no login, unless the entry asks for one. */
export function takesLogin(config: ServerConfig): config is ServerConfig & { type: 'remote' } {
  if (config.type !== 'remote' || !/^https?:/i.test(config.url) || config.oauth === false) return false;
  if (config.oauth !== undefined) return true;
  const { username, password } = new URL(config.url);
  const isSaid = username !== '' || password !== '';
  return !isSaid && !Object.keys(config.headers).some((name) => /^authorization$/i.test(name));
}
