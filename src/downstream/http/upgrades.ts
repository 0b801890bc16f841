import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Admitted } from './auth/admission.ts';
import type { EdgeParts } from './edge-parts.ts';
import type { Gate } from './gate.ts';
import { plainPath } from './plain-path.ts';
import type { Sessions } from './sessions.ts';
import type { UnreadAnswers } from './unread-answers.ts';
import { WebSockets } from './websocket.ts';

export interface UpgradeParts {
  readonly edge: EdgeParts;
  readonly sessions: Sessions;
  readonly gate: Gate;
  readonly unread: UnreadAnswers;
  readonly maxFrameBytes: number;
  /** The address by which a client reaches us. */
  readonly publicUrl: (request: { readonly url: string }) => string;
}

const PATH = '/ws';

/** Requests to switch to WebSocket: they pass the same checks as any other request. */
export class Upgrades {
  readonly #parts: UpgradeParts;
  readonly #webSockets: WebSockets;

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
    const { edge, sessions, maxFrameBytes, gate, unread } = parts;
    this.#webSockets = new WebSockets({
      edge,
      sessions,
      maxFrameBytes,
      unread,
      limit: (admitted, messages) => gate.takeMessages(admitted, messages),
    });
  }

  async accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const passage = await this.#admit(request);
      if (passage instanceof Response) await refuse(socket, passage);
      else this.#webSockets.accept(request, socket, head, passage);
    } catch {
      socket.destroy();
    }
  }

  async #admit(request: IncomingMessage): Promise<Admitted | Response> {
    const { gate, edge, publicUrl } = this.#parts;
    const headers = headersOf(request);
    const origin = `http://${request.headers.host ?? 'localhost'}`;
    // What begins with two slashes would be a host.
    const url = new URL(request.url?.startsWith('/') ? origin + request.url : (request.url ?? '/'), origin);
    if (plainPath(url.pathname) !== PATH) return new Response(null, { status: 404 });
    if (edge.isStopping()) return new Response(null, { status: 503 });
    const misaddressed = gate.misaddressed(headers);
    if (misaddressed) return misaddressed;
    const passage = await gate.admit(headers, () => ({ publicUrl: publicUrl({ url: url.href }), path: '' }));
    return 'refusal' in passage ? passage.refusal : passage.admitted;
  }
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  return headers;
}

async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const lines = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = Buffer.byteLength(body);
  socket.end(
    `HTTP/1.1 ${response.status} Refused\r\n${lines}content-length: ${length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
