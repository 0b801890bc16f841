import type { ServerConfig } from '../config/schema.ts';
import type { EraVerdicts } from './era-verdicts.ts';
import { HandshakeClient } from './handshake-client.ts';
import type { TransportKind } from './open-transport.ts';
import type { Negotiation, Session, SessionOptions } from './session.ts';
import type { Wire } from './wire.ts';

/** Shakes hands. The SDK's client is loaded where more than the plain handshake is needed: it costs 45 ms and 15 MB. */
export async function openSession(
  wire: Wire,
  kind: TransportKind,
  negotiation: Negotiation,
  options: SessionOptions,
): Promise<Session> {
  if (negotiation === 'handshake' && (kind === 'stdio' || kind === 'websocket')) {
    return HandshakeClient.open(wire, options);
  }
  const { SdkSession } = await import('./sdk-session.ts');
  return SdkSession.open(wire, negotiation, options);
}

/** Over HTTP a probe is cheap; on stdio it would meet servers that never heard of it, so only on request. */
export function negotiationFor(config: ServerConfig, kind: TransportKind, verdicts: EraVerdicts): Negotiation {
  if (config.protocol === '2026-07-28') return 'modern';
  if (config.protocol === '2025-11-25') return 'handshake';
  const known = kind === 'stdio' ? verdicts.of(config) : undefined;
  if (known) return known === 'modern' ? 'modern' : 'handshake';
  return config.protocol === 'auto' || kind === 'streamable_http' ? 'probe' : 'handshake';
}
