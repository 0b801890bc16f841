import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { EventStream } from '../../../src/downstream/http/request/event-stream.ts';
import { streamReply, watch, writeReply } from '../../../src/downstream/http/request/reply.ts';
import type { Account } from '../../../src/downstream/http/request/unread-answers.ts';

/** A response whose client has hung up before it was answered. */
async function responseToNobody(): Promise<ServerResponse> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  const closed = once(response, 'close');
  client.destroy();
  await closed;
  return response;
}

/** An account that counts the answers that are open. */
function openAnswers(): Account & { count: number } {
  const account = {
    count: 0,
    open: () => {
      account.count++;
      return () => void account.count--;
    },
    written: () => {},
  };
  return account;
}

test('an answer whose client has gone before it does not stay in the account of its caller [edge.unread]', async () => {
  const account = openAnswers();
  watch(await responseToNobody(), account);
  expect(account.count).toBe(0);
});

test('a stream whose client has gone before it began is over [http.session-idle]', async () => {
  let closed = 0;
  const stream = new EventStream(() => closed++);
  writeReply(streamReply(stream), {}, await responseToNobody(), openAnswers());
  expect([stream.isOpen, closed]).toEqual([false, 1]);
});
