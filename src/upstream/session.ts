import { isJsonObject } from '../core/json.ts';
import type { ClientIdentity } from '../core/peer.ts';
import { VERSION } from '../version.ts';

/** A session with a server, in whichever era it speaks: what was agreed on, and what depends on the era. */
export interface Session {
  /** Whether it speaks 2026-07-28 or later. */
  readonly modern: boolean;
  /** The revision agreed on. */
  readonly version: string | undefined;
  /** What the server offers, as it said. */
  readonly capabilities: unknown;
  /** What the server calls itself. */
  readonly server: { readonly name?: string; readonly title?: string } | undefined;
  readonly instructions: string | undefined;
  /** Listens to changes, where they are told to those who listen only (2026-07-28). */
  listen(filter: object): Promise<{ close(): Promise<void> }>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Whose connection this is: told to the server. */
  readonly identity: ClientIdentity;
  /** How long the handshake may take, in ms. */
  readonly timeoutMs: number;
  readonly onclose: () => void;
  readonly onerror: (error: Error) => void;
  /** Something that the server does wrong without harm: a sentence for the log. */
  readonly onremark: (remark: string) => void;
}

/** Who connects when no client has introduced itself. */
export const GATEWAY_INFO = { name: 'mcp-gateway', title: 'MCP Gateway', version: VERSION };

/** How the era of a server is found out: `probe` asks it, the others know. */
export type Negotiation = 'handshake' | 'probe' | 'modern';

/** What a server calls itself, as far as it is text. */
export function namesIn(info: unknown): Session['server'] {
  if (!isJsonObject(info)) return undefined;
  const { name, title } = info;
  return { ...(typeof name === 'string' && { name }), ...(typeof title === 'string' && { title }) };
}
