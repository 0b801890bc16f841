import type { GatewaySettings } from '../../../config/settings.ts';
import type { Refusal, RefusalReason } from './admission.ts';
import { metadataUrl } from './protected-resource.ts';

const REALM = 'mcp-gateway';
/** RFC 6750, 3.1: who sent nothing is told no error. */
const NOTHING_SENT: readonly RefusalReason[] = ['missing_key', 'missing_token'];

/** What was asked for, and under which public base address. */
export interface Asked {
  readonly auth: GatewaySettings['auth'];
  readonly publicUrl: string;
  /** The endpoint that refuses. */
  readonly path?: string;
}

/** The `WWW-Authenticate` of a refusal; undefined where other credentials would not help (503). */
export function challengeFor({ refused, reason, description }: Refusal, asked: Asked): string | undefined {
  if (refused !== 401) return undefined;
  const metadata = metadataUrl(asked.auth, asked.publicUrl, asked.path);
  const said = !NOTHING_SENT.includes(reason);
  const parameters = {
    realm: REALM,
    ...(said && { error: 'invalid_token', error_description: description }),
    ...(metadata !== undefined && { resource_metadata: metadata }),
  };
  return `Bearer ${Object.entries(parameters)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(', ')}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
