import type { IncomingMessage } from 'node:http';
import { ENVELOPE_VERSIONS } from '../../../core/protocol.ts';
import type { Admitted } from '../auth/admission.ts';
import type { HeaderFields } from './reply.ts';
import type { Account } from './unread-answers.ts';

/** The head of a request, made of Node's `IncomingMessage` or of a `Request`. */
export interface RequestHead {
  readonly method: string;
  /** As `plainPath` writes it. */
  readonly path: string;
  readonly headers: HeaderFields;
  /** The address that the client used; only its scheme and host are read. */
  readonly url: string;
  /** The request asks to switch to WebSocket. */
  readonly isUpgrade?: boolean;
  /** A program in this process gave the request to `fetch`: it came over no socket. */
  readonly isInProcess?: boolean;
}

/** Path to which clients of 2024-11-05 post their messages. The first event of their stream names it. */
export const MESSAGES_PATH = '/messages';
/** The endpoint of Streamable HTTP. */
export const MCP_PATH = '/mcp';

/** One request on its way through the steps: its head, the results of the steps, and the headers for its answer. */
export class RequestContext {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderFields;
  readonly isUpgrade: boolean;
  readonly isInProcess: boolean;
  /** Id of the request in logs and problem documents. */
  id = '';
  /** Headers that the steps add to the answer. The answer's own headers take precedence. */
  readonly answerHeaders: Record<string, string> = {};
  readonly #url: string;
  #admitted: Admitted | undefined;
  #account: Account | undefined;

  constructor({ method, path, headers, url, isUpgrade = false, isInProcess = false }: RequestHead) {
    this.method = method;
    this.path = path;
    this.headers = headers;
    this.isUpgrade = isUpgrade;
    this.isInProcess = isInProcess;
    this.#url = url;
  }

  /** True if the request names a session. The endpoints ignore the session id of a revision without sessions. */
  get isOfSession(): boolean {
    if (this.isUpgrade) return false;
    if (this.path === MESSAGES_PATH) return true;
    if (this.path !== MCP_PATH || this.headers.get('mcp-session-id') === null) return false;
    return !ENVELOPE_VERSIONS.includes(this.headers.get('mcp-protocol-version') ?? '');
  }

  /** Base address for the client: the configured one, else the origin that it used. */
  publicUrl(configured: string | undefined): string {
    return configured ?? new URL(this.#url).origin;
  }

  /** The admitted caller. Throws if the request was not admitted: no such request may be served. */
  get admitted(): Admitted {
    if (!this.#admitted) throw new Error('the request was not admitted');
    return this.#admitted;
  }

  set admitted(admitted: Admitted) {
    this.#admitted = admitted;
  }

  /** Account of the answers that the caller has not read yet. Throws as `admitted` does. */
  get account(): Account {
    if (!this.#account) throw new Error('the request was not admitted');
    return this.#account;
  }

  set account(account: Account) {
    this.#account = account;
  }
}

/** The header fields of Node's request, read as `Headers` does: repeated fields are joined, none is dropped. */
export function fieldsOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): HeaderFields {
  const fields = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const earlier = fields.get(name);
    fields.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { get: (name) => fields.get(name.toLowerCase()) ?? null };
}

/** A path with single slashes and none at its end: people join addresses with "/". */
export function plainPath(path: string): string {
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}
