import { type Connection, openConnection } from '../../bench/http/connection.mjs';
import type { Gateway } from '../gateway/gateway.ts';

const HELLO = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'lanes', version: '1' } };
const call = (id: number) => {
  const params = { name: 'invoke', arguments: { id: 'server::echo', args: { text: 'x'.repeat(100) } } };
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params });
};

/** So many calls of `server::echo`, so many at a time: each batch is written at once, when the one before is answered. */
export type CallAll = (calls: number, inFlight: number) => Promise<void>;

/** Calls over the pipes of a gateway. */
export function overPipes({ process: { peer, pipes } }: Gateway): CallAll {
  let lastId = 1_000_000;
  let waiting = 0;
  let settle = () => {};
  peer.onMessage(({ id }) => {
    if (Number(id) > 1_000_000 && --waiting === 0) settle();
  });
  return async (calls, inFlight) => {
    for (let done = 0; done < calls; done += inFlight) {
      waiting = inFlight;
      const answered = new Promise<void>((resolve) => {
        settle = resolve;
      });
      pipes.stdin.write(Array.from({ length: inFlight }, () => `${call(++lastId)}\n`).join(''));
      await answered;
    }
  };
}

/** Calls at `/mcp` in one session, each of those in flight over a connection of its own. */
export async function overHttp(address: string, headers: Readonly<Record<string, string>> = {}): Promise<CallAll> {
  const url = new URL('/mcp', address);
  // The gateway closes a connection that brings nothing: each is opened when it is needed.
  const connections: Connection[] = [];
  const fixed = {
    ...{ host: url.host, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    ...headers,
  };
  let session: Readonly<Record<string, string>> = {};
  const post = async (lane: number, body: string) => {
    const lines = Object.entries({ ...fixed, ...session, 'content-length': Buffer.byteLength(body) });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    connections[lane] ??= openConnection(url);
    const answer = await connections[lane].exchange(`POST ${url.pathname} HTTP/1.1\r\n${head}\r\n${body}`);
    if (answer.status > 202 || answer.body.includes('"isError":true')) throw new Error(JSON.stringify(answer));
    return answer;
  };
  const { head } = await post(0, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: HELLO }));
  const id = /\r\nmcp-session-id: *([^\r]+)/i.exec(head)?.[1] ?? '';
  session = { 'mcp-session-id': id, 'mcp-protocol-version': HELLO.protocolVersion };
  await post(0, JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
  let lastId = 1;
  return async (calls, inFlight) => {
    const lanes = Array.from({ length: inFlight }, (_, lane) => lane);
    for (let done = 0; done < calls; done += inFlight)
      await Promise.all(lanes.map((lane) => post(lane, call(++lastId))));
  };
}
