import type { ServerConfig } from '../../config/schema.ts';
import { causeOf } from '../../core/errors.ts';
import { proxyFor, shownProxy } from '../../platform/outbound/proxy.ts';
import { type Finding, notesOn } from './finding.ts';

/** What stands on the way to servers elsewhere, and to their logins: the proxies in use, without their passwords. */
export function checkWays(servers: readonly ServerConfig[]): readonly Finding[] {
  const notes = notesOn('servers');
  for (const server of servers) {
    if (server.type === 'local') continue;
    try {
      const proxy = proxyFor(new URL(server.url), server.proxy);
      if (proxy) notes.ok(server.key, `through the proxy ${shownProxy(proxy)}`);
    } catch (error) {
      notes.error(
        server.key,
        causeOf(error),
        'correct it, or take this server out of it with NO_PROXY or "proxy": false',
      );
    }
  }
  return notes.findings;
}
