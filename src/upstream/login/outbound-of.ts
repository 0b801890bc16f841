import type { ServerConfig } from '../../config/schema.ts';
import { Outbound } from '../../platform/outbound/outbound.ts';

/** The way out to a server and its authorization server: what the entry names may be anywhere. */
export function outboundOf({ url, proxy, oauth }: ServerConfig & { type: 'remote' }): Outbound {
  return new Outbound({ url, proxy, named: [oauth ? oauth.issuer : undefined] });
}
