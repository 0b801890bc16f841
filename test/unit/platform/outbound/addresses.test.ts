import { expect, test } from 'vitest';
import { addressKind } from '../../../../src/platform/outbound/address-kind.ts';
import { Outbound, TargetRefused } from '../../../../src/platform/outbound/outbound.ts';
import { oauthFetch } from '../../../../src/upstream/login/oauth-client.ts';

test.each([
  ['public', '1.1.1.1', '9.255.255.255', '172.15.0.1', '172.32.0.1', '100.63.0.1', '100.128.0.1', '198.18.0.7'],
  ['public', '2606:4700::1111', '::ffff:1.1.1.1', '64:ff9b::101:101', '2002:101:101::1', '2001:4860::8888'],
  ['loopback', '127.0.0.1', '127.255.0.3', '0.0.0.0', '0.1.2.3', '::1', '::', '[::1]', '::ffff:127.0.0.1'],
  [
    'loopback',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '0:0:0:0:0:0:0:1',
    '::ffff:0:127.0.0.1',
  ],
  ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '192.0.0.8'],
  [
    'private',
    'fc00::1',
    'fd12:3456::1',
    'fec0::1',
    '::ffff:10.0.0.1',
    '::ffff:c0a8:101',
    '64:ff9b:1::1',
    '64:ff9b::a00:1',
  ],
  [
    'link-local',
    '169.254.169.254',
    'fe80::1',
    'fe80::1%eth0',
    '::ffff:169.254.169.254',
    'fd00:ec2::254',
    '100.100.100.200',
  ],
  ['reserved', '224.0.0.1', '255.255.255.255', '240.0.0.1', 'ff02::1', '192.0.2.1', 'localhost', '', '1.2.3'],
  // Teredo has the client's address the other way round.
  ['private', '2001:0:4136:e378:8000:63bf:f5ff:fffe'],
] as const)('addresses are %s: %s … [outbound.kinds]', (kind, ...addresses) => {
  for (const address of addresses) expect(addressKind(address), address).toBe(kind);
});

const PUBLIC = 'https://1.1.1.1/mcp';
const LOOPBACK = 'http://127.0.0.1:4000/mcp';
const PRIVATE = 'http://10.1.2.3/mcp';

/** Where a server may not lead, each written in a way of its own. */
const ELSEWHERE = [
  ...['http://127.0.0.1/', 'http://127.1/', 'http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://0/'],
  ...['http://127.0.0.1./', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://[::]/', 'http://0.0.0.0:80/'],
  ...[
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost:8443/',
    'http://127%2e0.0.1/',
    'http://①②⑦.0.0.1/',
    'https://localhost./',
    'http://ｌｏｃａｌｈｏｓｔ/',
    'http://127。0。0。1/',
    'http://[::ffff:7f00:1]/',
  ],
];

test('only a server at such an address may lead to this machine, to a private network or the link [outbound.reach]', async () => {
  const check = (from: string, to: string, named?: string) =>
    new Outbound({ url: from, named: [named] }).check(new URL(to));
  for (const address of ELSEWHERE) {
    await expect(check(PUBLIC, address), address).rejects.toThrow('is a loopback address');
    await expect(check(PRIVATE, address), address).rejects.toThrow('is a loopback address');
    await check(LOOPBACK, address);
  }
  for (const address of ['http://10.0.0.1/', 'http://[fd00::1]/', 'http://192.168.0.1:8080/', 'http://100.64.0.9/']) {
    await expect(check(PUBLIC, address), address).rejects.toThrow('is a private address');
    await check(PRIVATE, address);
    await check(LOOPBACK, address);
  }
  for (const from of [PUBLIC, PRIVATE, LOOPBACK])
    await expect(check(from, 'http://169.254.169.254/latest/meta-data/')).rejects.toThrow('is a link-local address');
  for (const address of ['ftp://1.1.1.1/', 'file:///etc/passwd', 'javascript:alert(1)', 'gopher://127.0.0.1/'])
    await expect(check(LOOPBACK, address), address).rejects.toThrow('is no http(s) address');
  await check(PUBLIC, 'https://1.0.0.1/');
  // What a person has named, and the server itself, may be anywhere.
  await check(PUBLIC, 'http://10.0.0.1/token', 'http://10.0.0.1/');
  await check(LOOPBACK, `${new URL(LOOPBACK).origin}/token`);
  await expect(check(PUBLIC, 'http://10.0.0.1:81/', 'http://10.0.0.1/')).rejects.toThrow('private');
});

test('the error says why, and what to do, and nothing of what is there [outbound.reach]', async () => {
  const refusal = new Outbound({ url: PUBLIC }).follow('http://127.0.0.1:1/secret/path?token=abcdef');
  await expect(refusal).rejects.toThrow(
    'the server leads to http://127.0.0.1:1, which is a loopback address: only a server with such an address of its own may; if it is right, write it into the configuration, as "issuer" of "oauth" or "jwksUrl" of "auth"',
  );
});

test('what goes to this machine, however it is written, needs no TLS; what goes elsewhere does [outbound.reach]', async () => {
  const ask = oauthFetch(new Outbound({ url: LOOPBACK }));
  // Nothing listens at port 1: whoever is let through hears that.
  const post = (host: string) => ask(`http://${host}:1/token`, { method: 'POST', body: '' }).catch((error) => error);
  for (const host of ['localhost', 'LOCALHOST.', 'a.localhost', '127.9.9.9', '127.1', '[::1]', '[::ffff:127.0.0.1]']) {
    const error = await post(host);
    expect(error, host).toBeInstanceOf(Error);
    expect(error, host).not.toBeInstanceOf(TargetRefused);
  }
  for (const host of ['1.1.1.1', '10.0.0.1', '[::ffff:10.0.0.1]', 'localhost.example.com'])
    expect(await post(host), host).toMatchObject({ message: expect.stringContaining('is not https') });
});
