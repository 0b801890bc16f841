import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { dispatch } from '../../../../src/platform/outbound/dispatched-answer.ts';
import type { HttpAnswer, HttpRequest } from '../../../../src/platform/outbound/http-answer.ts';
import { Outbound } from '../../../../src/platform/outbound/outbound.ts';
import { dispatcherBy } from '../../../../src/platform/outbound/runtime.ts';

const MIB = 1024 * 1024;
const LONG = JSON.stringify('é'.repeat(MIB));

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<URL> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
}

type Sent = (url: URL, request?: Partial<HttpRequest>) => Promise<HttpAnswer>;

const REQUEST: HttpRequest = { method: 'POST', headers: {}, body: '{}', signal: new AbortController().signal };

interface Handler {
  onRequestStart(controller: object): void;
  onResponseStart(controller: object, status: number, headers: object, statusText: string): void;
  onResponseData(controller: object, chunk: Uint8Array): void;
  onResponseEnd(): void;
  onResponseError(controller: object, error: Error): void;
}

/** The dispatcher of this Node behind the interface of undici 7, whose handlers have other methods. */
async function ofUndici7() {
  const dispatcher = await dispatcherBy({ lookup: (await import('node:dns')).lookup as never });
  const adapted = (options: never, to: Handler) => {
    const controller = { isPaused: false, abort: (_: Error) => {}, resume: () => {}, pause: () => {} };
    controller.pause = () => {
      controller.isPaused = true;
    };
    return dispatcher?.dispatch(options, {
      onConnect: (abort) => to.onRequestStart(Object.assign(controller, { abort })),
      onHeaders: (status, raw, resume, statusText) => {
        const fields: Record<string, string[]> = {};
        for (let at = 0; at < raw.length; at += 2) {
          const name = String(raw[at]).toLowerCase();
          fields[name] = [...(fields[name] ?? []), String(raw[at + 1])];
        }
        to.onResponseStart(Object.assign(controller, { resume }), status, fields, String(statusText));
        return true;
      },
      onData: (chunk) => {
        controller.isPaused = false;
        to.onResponseData(controller, chunk);
        return !controller.isPaused;
      },
      onComplete: () => to.onResponseEnd(),
      onError: (error) => to.onResponseError(controller, error),
    });
  };
  return { dispatch: adapted } as unknown as NonNullable<typeof dispatcher>;
}

const WAYS: Record<string, Sent> = {
  'undici of this Node': (url, request) => new Outbound({ url: url.href }).send(url, { ...REQUEST, ...request }),
  'undici 7': async (url, request) => dispatch(await ofUndici7(), url, { ...REQUEST, ...request }),
  fetch: (url, request) => {
    const elsewhere = new Outbound({ url: 'http://127.0.0.1:1/', named: [url.origin] });
    return elsewhere.send(url, { ...REQUEST, ...request });
  },
};

test.each(Object.entries(WAYS))(
  'by %s, an answer is read whole, however it is packed [outbound.bytes]',
  async (_, send) => {
    const packed = {
      gzip: gzipSync,
      'x-gzip': gzipSync,
      deflate: deflateSync,
      br: brotliCompressSync,
      identity: Buffer.from,
    };
    const url = await serve((request, response) => {
      const encoding = String(request.headers['x-wants']) as keyof typeof packed;
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding, 'X-One': ['a', 'b'] };
      response.writeHead(200, headers).end(packed[encoding](LONG));
    });
    for (const encoding of Object.keys(packed)) {
      const answer = await send(url, { headers: { 'x-wants': encoding } });
      expect([answer.status, answer.ok, answer.statusText, answer.header('x-one'), answer.header('x-two')]).toEqual([
        ...[200, true, 'OK', 'a, b'],
        null,
      ]);
      expect((await answer.text()) === LONG, encoding).toBe(true);
    }
  },
);

test.each(Object.entries(WAYS))(
  'by %s, of a refusal the beginning is read, and no more [outbound.bytes]',
  async (_, send) => {
    const closed: Promise<unknown>[] = [];
    const url = await serve((_request, response) => {
      response.writeHead(500);
      const more = () => response.write(Buffer.alloc(MIB)) && setImmediate(more);
      response.on('drain', more);
      closed.push(once(response, 'close'));
      more();
    });
    expect((await (await send(url)).text()).length).toBe(64 * 1024);
    (await send(url)).discard();
    await Promise.all(closed);
    expect(closed).toHaveLength(2);
  },
);

test.each(Object.entries(WAYS))('by %s, a redirect is an answer [outbound.reach]', async (_, send) => {
  const asked: string[] = [];
  const url = await serve((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['user-agent']}`);
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  const answer = await send(url);
  expect([answer.status, answer.header('location')]).toEqual([307, '/elsewhere']);
  expect(asked).toEqual([`POST /mcp node`]);
});

test.each(Object.entries(WAYS))(
  'by %s, a request that is given up ends on both sides, at any time [outbound.bytes]',
  async (_, send) => {
    const closed: Promise<unknown>[] = [];
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const url = await serve((request, response) => {
      closed.push(once(response, 'close'));
      if (request.url === '/body') response.writeHead(200, { 'content-type': 'application/json' }).write('{');
      else arrive();
    });
    const before = new AbortController();
    const unanswered = send(url, { signal: before.signal });
    await arrived;
    before.abort(new Error('no more'));
    await expect(unanswered).rejects.toThrow('no more');
    await expect(send(url, { signal: before.signal })).rejects.toThrow('no more');
    const amid = new AbortController();
    const text = (await send(new URL('/body', url), { signal: amid.signal })).text();
    amid.abort(new Error('no more'));
    await expect(text).rejects.toThrow('no more');
    await Promise.all(closed);
    expect(closed).toHaveLength(2);
  },
);

test.each(Object.entries(WAYS))('by %s, an answer that breaks off is no answer [outbound.bytes]', async (_, send) => {
  const url = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 10 });
    response.write('{}', () => response.destroy());
  });
  await expect((await send(url)).text()).rejects.toThrow();
});
