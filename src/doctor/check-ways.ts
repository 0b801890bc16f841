import type { ServerConfig } from '../config/schema.ts';
import { causeOf } from '../core/errors.ts';
import { proxyFor, shownProxy } from '../outbound/proxy.ts';
import { type Finding, notesOn } from './finding.ts';

const SECRET_OF_NOBODY =
  'its clientSecret has no issuer: it goes to the authorization server that the server names first, whichever that is';
const NAME_IT = 'write the address of the authorization server that clientId belongs to as "issuer" in "oauth"';

/** What stands on the way to servers elsewhere, and to their logins: the proxies in use, without their passwords; secrets for nobody. */
export function checkWays(servers: readonly ServerConfig[]): readonly Finding[] {
  const notes = notesOn('servers');
  for (const server of servers) {
    if (server.type === 'local') continue;
    const oauth = server.oauth || undefined;
    if (oauth?.clientSecret && !oauth.issuer) notes.error(server.key, SECRET_OF_NOBODY, NAME_IT);
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
