import { GatewayError } from '../../core/errors.ts';
import { serverState } from '../../core/server-state.ts';
import type { LocalGateway } from './local-gateway.ts';
import { checkIsEnabled } from './named-servers.ts';

type Upstream = ReturnType<LocalGateway['backend']['upstreams']['all']>[number];

/** What a server that is not up yet waits for, and since when; undefined: it is not on its way up. */
export function waitOf({ config, state, neededAt, waitsFor }: Upstream, words?: string): string | undefined {
  if (serverState(state) !== 'connecting') return undefined;
  const seconds = Math.round((Date.now() - neededAt) / 100) / 10;
  const whose = config.type === 'local' ? 'its process' : 'its address';
  const before = state.status === 'connecting' && state.error ? `; before that: ${state.error}` : '';
  // The process before it may have been the last to say anything, and its end tells that.
  const said = words && !before.includes(words) ? `; it said last: ${words}` : '';
  return `${whose} has not answered ${waitsFor} for ${seconds} s${said}${before}`;
}

/** Throws `TIMEOUT` where the server that an id belongs to is still on its way up, `SERVER_NOT_FOUND` where it is disabled. */
export function checkIsUp(id: string, { backend, lastWords, config }: LocalGateway): void {
  checkIsEnabled(id, config);
  for (const upstream of backend.upstreams.all()) {
    const { key } = upstream.config;
    const wait = id.startsWith(`${key}::`) ? waitOf(upstream, lastWords(key)) : undefined;
    if (wait === undefined) continue;
    const cure = '--timeout <seconds> gives it more time';
    throw new GatewayError('TIMEOUT', `server "${key}" is still connecting: ${wait}. ${cure}`);
  }
}
