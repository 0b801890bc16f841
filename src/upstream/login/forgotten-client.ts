import { withTimeout } from '../../core/abort.ts';
import { boundedText } from '../../platform/outbound/bounded-body.ts';
import type { Outbound } from '../../platform/outbound/outbound.ts';
import type { Credentials } from './credentials.ts';
import { FETCH_TIMEOUT_MS } from './oauth-fetch.ts';

const MAX_BYTES = 64 * 1024;
const UNKNOWN =
  /invalid_client|unauthorized_client|(?:unknown|unregistered|invalid) client|client .{0,40}(?:not found|unknown|not registered)/i;

/**
 * Whether an authorization server refuses the address at which a person would log in: it has forgotten a client that had
 * registered itself. It would tell the person so and never us, and every later login would end there too.
 */
export async function isForgotten(url: URL, outbound: Outbound): Promise<boolean> {
  return withTimeout(FETCH_TIMEOUT_MS, async (signal) => {
    const headers = { accept: 'text/html, application/json' };
    // A server that asks nobody leads to our own callback with a code: only the person may go there.
    const response = await outbound.follow(url, { headers, redirect: 'manual', signal });
    const text = await boundedText(response, MAX_BYTES);
    if ([400, 401, 404, 422].includes(response.status)) return true;
    const leadsTo = response.headers.get('location') ?? '';
    return response.status === 403 ? UNKNOWN.test(text) : /[?&#]error=(?:invalid|unauthorized)_client\b/.test(leadsTo);
  }).catch(() => false);
}

/** Forgets a client that had registered itself, wherever it is kept. */
export function forgetClient(credentials: Credentials, id: string): Promise<void> {
  return credentials.update((kept) => {
    const issuers = Object.entries(kept.issuers).map(([issuer, own]) => {
      const { client: _, ...others } = own;
      return [issuer, own.client?.client_id === id ? others : own];
    });
    return { ...kept, issuers: Object.fromEntries(issuers) };
  });
}
