import { createServer } from 'node:net';
import type { JWTPayload } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { type ApiKey, idOfKey } from '../../../../src/config/auth.ts';
import { callerOf } from '../../../../src/downstream/http/auth/token-authenticator.ts';
import { listen } from '../../../../src/downstream/http/listen.ts';
import {
  letsSeveralIn,
  openToUsers,
  othersIn,
  seesOthers,
  seesTools,
} from '../../../../src/downstream/http/request/access.ts';
import { argumentErrors } from '../../../../src/downstream/http/request/problem.ts';
import { type Unread, UnreadAnswers } from '../../../../src/downstream/http/request/unread-answers.ts';

const SETTINGS = { issuer: 'https://us' };
const idOf = (claims: JWTPayload, settings: { issuer?: string } = SETTINGS) => callerOf(claims, settings)?.id;

test('people, clients, keys and issuers have ids of their own [edge.identity]', () => {
  const any = {};
  const key = (id: string): ApiKey => ({ key: 'k', id });
  const ids = [
    idOf({ sub: 'ada' }),
    idOf({ client_id: 'ada' }),
    idOf({ sub: 'client:ada' }),
    idOf({ client_id: 'user:ada' }),
    idOf({ sub: 'ada', iss: 'https://us' }, any),
    idOf({ sub: 'ada', iss: 'https://them' }, any),
    idOf({ sub: 'us:ada', iss: 'https' }, any),
    idOf({ sub: 'user@x:ada' }),
    ...['ada', 'user:ada', 'client:ada', 'key:ada', 'key:user:ada', 'anonymous', 'local', 'user@x:ada'].map((id) =>
      idOfKey(key(id)),
    ),
    'anonymous',
    'local',
  ];
  expect(new Set(ids).size, JSON.stringify(ids)).toBe(ids.length);
  expect(idOf({ sub: 'ada', client_id: 'app', iss: 'https://us' })).toBe('user:ada');
  expect(idOfKey(key('ci'))).toBe('ci');
});

test.each([
  [''],
  [' '],
  ['x'.repeat(256)],
  ['a\nb'],
  ['a\0'],
  ['a\u2028b'],
  ['\ud800'],
  ['\u202eada'],
  ['ada\u200b'],
  ['a\u00adda'],
  ['ada\u{e0041}'],
  ['a\u00a0da'],
  ['\u3164'],
  ['ada '],
  [' ada'],
  [null],
  [5],
  [{}],
  [['a']],
  [false],
])('a sub of %j is refused, whatever client is named beside it [edge.identity]', (sub) => {
  const claims = (own: object) => own as JWTPayload; // what no type allows
  expect(idOf(claims({ sub, client_id: 'app' }))).toBeUndefined();
  expect(idOf(claims({ client_id: sub, azp: 'app' }))).toBeUndefined();
  expect(idOf(claims({ sub: 'ada', iss: sub }), {})).toBeUndefined();
});

test('roles are those of one claim, never scopes [edge.identity]', () => {
  const roles = (claims: JWTPayload, rolesClaim?: string) => callerOf({ sub: 'a', ...claims }, { rolesClaim })?.roles;
  expect(roles({ scope: 'read admin', scp: ['admin'], permissions: ['admin'] })).toEqual([]);
  expect(roles({ roles: 'admin dev', scope: 'x' })).toEqual(['admin', 'dev']);
  expect(roles({ roles: ['admin'] }, 'groups')).toEqual([]);
  expect(roles({ realm_access: { roles: ['admin'] } }, 'realm_access.roles')).toEqual(['admin']);
  expect(roles({ 'https://x.example/roles': ['dev', 5, ''] }, 'https://x.example/roles')).toEqual(['dev']);
  for (const odd of ['constructor', '__proto__', 'realm_access.constructor.name'])
    expect(roles({ realm_access: {} }, odd)).toEqual([]);
});

test('who sees what others do, and whether there may be others [edge.tool-metrics]', () => {
  const keys = (...apiKeys: string[]) => ({ strategy: 'api-key' as const, apiKeys });
  const monitor = { toolMetrics: 'admin' } as never;
  const caller = { id: 'a', roles: [] };
  expect(seesOthers(caller, { auth: undefined })).toBe(true);
  expect(seesOthers(caller, { auth: keys('a') })).toBe(false);
  expect(seesOthers({ ...caller, roles: ['admin'] }, { auth: keys('a') })).toBe(true);
  expect(seesTools(caller, { auth: keys('a'), monitor })).toBe(false);
  expect(seesTools(caller, { auth: keys('a'), monitor: { toolMetrics: 'everybody' } as never })).toBe(true);
  expect(
    [undefined, keys('a'), keys('a', 'b'), { strategy: 'none' as const }].map((auth) => letsSeveralIn({ auth })),
  ).toEqual([false, false, true, false]);
});

test('others who can log in are counted, and told of where there is no auth [edge.local-users]', () => {
  const passwd = `root:x:0:0:root:/root:/bin/bash
me:x:1000:1000::/home/me:/bin/bash
ada:x:1001:1001:Ada:/home/ada:/usr/bin/zsh
bot:x:1002:1002::/home/bot:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
www:x:33:33:www:/var/www:/bin/sh
broken
`;
  expect([othersIn(passwd, 1000), othersIn(passwd, 0), othersIn('', 0)]).toEqual([1, 2, 0]);
  expect(openToUsers({ auth: undefined }, 0)).toBeUndefined();
  expect(openToUsers({ auth: { strategy: 'none' } }, 3)).toBeUndefined();
  expect(openToUsers({ auth: undefined }, 2)).toMatch(/^2 other users can log in.*Write auth/);
});

test('what is wrong with arguments stands at its place in the body [edge.argument-errors]', () => {
  const problems = [
    { path: 'args.filter.limit', expected: 'a whole number', found: 'string "x"' },
    { path: 'args.items[2]["odd key/~"]', expected: 'required', found: 'nothing' },
    { path: 'args', expected: 'an object', found: 'null' },
  ];
  expect(argumentErrors({ problems })).toEqual({
    errors: [
      { pointer: '#/arguments/filter/limit', detail: 'expected a whole number; found string "x"' },
      { pointer: '#/arguments/items/2/odd%20key~1~0', detail: 'required' },
      { pointer: '#/arguments', detail: 'expected an object; found null' },
    ],
  });
  expect(argumentErrors({})).toEqual({});
});

test('an address that is taken, or is none of ours, is told with its cure [edge.address]', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { port: number };
  const at = (host: string, where: number) =>
    listen({
      host,
      port: where,
      fetch: () => new Response(),
      take: () => false,
      refuse: () => {},
      onUpgrade: () => {},
    });
  await expect(at('127.0.0.1', port)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(new RegExp(`port ${port} of 127.0.0.1 is taken.*--port.*MCP_GATEWAY_PORT`)),
  });
  await expect(at('192.0.2.1', 0)).rejects.toMatchObject({
    message: expect.stringContaining('no address of this machine'),
  });
});

/** An answer that is read as a test says. */
function answer(bytes: number): Unread & { bytesLeft: number; isCut: boolean } {
  const own = {
    bytesLeft: bytes,
    isCut: false,
    bytes: () => (own.isCut ? 0 : own.bytesLeft),
    cut: () => {
      own.isCut = true;
    },
  };
  return own;
}

const MB = 1024 * 1024;

test('unread answers: beyond all bounds the oldest are cut at once, never the latest [edge.unread]', () => {
  const unread = new UnreadAnswers(60_000);
  const answers = [100, 100, 100].map((megabytes) => {
    const own = answer(megabytes * MB);
    const account = unread.of('mallory');
    account.open(own);
    account.written(own.bytes());
    return own;
  });
  const alone = answer(1_000 * MB);
  unread.of('alice').open(alone);
  unread.of('alice').written(alone.bytes());
  expect([...answers, alone].map(({ isCut }) => isCut)).toEqual([true, false, false, false]);
});

test('unread answers: within them those are cut of which nothing is read [edge.unread]', async () => {
  const unread = new UnreadAnswers(5);
  const [stalled, read, other] = [answer(50 * MB), answer(50 * MB), answer(50 * MB)];
  for (const each of [stalled, read]) unread.of('mallory').open(each);
  const close = unread.of('alice').open(other);
  const reading = setInterval(() => {
    read.bytesLeft = Math.max(1, read.bytesLeft - 1_000);
  }, 1);
  onTestFinished(() => clearInterval(reading));
  await expect.poll(() => stalled.isCut).toBe(true);
  expect([read.isCut, other.isCut]).toEqual([false, false]);
  close();
});
