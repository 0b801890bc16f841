import { expect, test } from 'vitest';
import { causeOf } from '../../../src/core/errors.ts';

const withCode = (message: string, code: string) => Object.assign(new Error(message), { code });
const failed = (cause: unknown) => new TypeError('fetch failed', { cause });

test.each<[unknown, string]>([
  [new TypeError('terminated'), 'the server broke the connection off'],
  [new TypeError('terminated', { cause: new Error('other side closed') }), 'the server broke the connection off'],
  [
    new Error('SSE stream disconnected: TypeError: terminated'),
    'SSE stream disconnected: the server broke the connection off',
  ],
  [
    new TypeError('terminated', { cause: withCode('read ECONNRESET', 'ECONNRESET') }),
    'the connection broke off: the server reset the connection (ECONNRESET)',
  ],
  [new TypeError('fetch failed'), 'the server could not be reached'],
  [
    failed(
      withCode(
        '80D2E3C4:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/ssl3_record.c:355:\n',
        'ERR_SSL_WRONG_VERSION_NUMBER',
      ),
    ),
    'the server speaks no TLS: should the address begin with http:// or ws://?',
  ],
  [failed(new Error('other side closed')), 'the server closed the connection'],
  [
    failed(withCode('connect ECONNREFUSED 127.0.0.1:9', 'ECONNREFUSED')),
    'nothing listens at 127.0.0.1:9 (ECONNREFUSED)',
  ],
  [
    failed(new AggregateError([withCode('connect ECONNREFUSED ::1:9', 'ECONNREFUSED')], '')),
    'nothing listens at ::1:9 (ECONNREFUSED)',
  ],
  [
    failed(withCode('getaddrinfo ENOTFOUND nowhere.invalid', 'ENOTFOUND')),
    'there is no host named nowhere.invalid (ENOTFOUND)',
  ],
  [
    failed(withCode('getaddrinfo EAI_AGAIN far.example', 'EAI_AGAIN')),
    'the host name far.example could not be looked up (EAI_AGAIN)',
  ],
  [failed(new Error('Headers Timeout Error')), 'the server did not begin to answer in time'],
  [
    failed(withCode('connect ETIMEDOUT 10.0.0.1:443', 'ETIMEDOUT')),
    'the server did not answer in time (ETIMEDOUT 10.0.0.1:443)',
  ],
  [
    failed(new Error('Connect Timeout Error (attempted address: far.example:443, timeout: 10000ms)')),
    'the server at far.example:443 did not answer in time',
  ],
  [failed(new Error('self-signed certificate')), 'self-signed certificate'],
  [new Error('socket hang up'), 'the server closed the connection'],
  [withCode('write after end', 'ERR_STREAM_WRITE_AFTER_END'), 'the connection had been closed'],
  [
    withCode('Cannot call write after a stream was destroyed', 'ERR_STREAM_DESTROYED'),
    'the connection had been closed',
  ],
  [withCode('write EPIPE', 'EPIPE'), 'the server had closed the connection (EPIPE)'],
  [new Error("ENOENT: no such file or directory, open 'x'"), "ENOENT: no such file or directory, open 'x'"],
  [new Error('the job was terminated by its owner'), 'the job was terminated by its owner'],
  ['just a text', 'just a text'],
])('%s is told as: %s [faults.in-words]', (error, words) => {
  expect(causeOf(error)).toBe(words);
});

test.each([
  'a',
  'connect ECONNREFUSED',
  'write EPROTO 0',
  '0:error:',
  'Connect Timeout Error (attempted address: ',
  'Connect Timeout Error (attempted address: a,',
  'A:error:A:SSL routines:',
  'fetch failed: ',
  'terminated: ',
  'getaddrinfo EAI_',
])('a text of a megabyte of %j is put into words to its end [bounds.texts]', (piece) => {
  const text = `${piece.repeat(1_000_000 / piece.length)}(no) connect ECONNREFUSED there`;
  expect(causeOf(new Error(text)).endsWith('nothing listens at there (ECONNREFUSED)')).toBe(true);
});
