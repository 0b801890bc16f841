import { expect, test } from 'vitest';
import { proxyFor, shownProxy } from '../../../../src/platform/outbound/proxy.ts';

const via = (target: string, env: Record<string, string>, setting?: string | false) =>
  proxyFor(new URL(target), setting, env)?.url.href;

test.each([
  ['http://a.example/', { http_proxy: 'http://p:1' }],
  ['http://a.example/', { HTTP_PROXY: 'http://p:1' }],
  ['ws://a.example/', { HTTP_PROXY: 'http://p:1' }],
  ['https://a.example/', { https_proxy: 'http://p:1' }],
  ['wss://a.example/', { HTTPS_PROXY: 'http://p:1' }],
  ['https://a.example/', { ALL_PROXY: 'http://p:1' }],
  ['http://a.example/', { all_proxy: 'p:1' }],
  ['http://a.example/', { HTTP_PROXY: 'p:1', ALL_PROXY: 'http://q:2' }],
  ['http://a.example/', { HTTP_PROXY: 'http://q:2', http_proxy: 'http://p:1' }],
  ['http://a.example/', { http_proxy: '', HTTP_PROXY: 'http://p:1' }],
  ['http://10.0.0.1/', { HTTP_PROXY: 'http://p:1', NO_PROXY: 'localhost,10.0.1.0/24' }],
])('%s goes by %o [outbound.proxy]', (target, env) => {
  expect(via(target, env)).toBe('http://p:1/');
});

const DIRECT: readonly (readonly [string, Record<string, string>])[] = [
  ['https://a.example/', { HTTP_PROXY: 'http://p:1' }],
  ['http://a.example/', { HTTPS_PROXY: 'http://p:1' }],
  ['http://a.example/', {}],
  ...['localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]', '0.0.0.0', 'localhost.'].map(
    (host) => [`http://${host}:8080/`, { HTTP_PROXY: 'http://p:1' }] as const,
  ),
  ...[
    '*',
    'a.example',
    '.example',
    'example',
    '*.example',
    'A.EXAMPLE',
    'x, a.example ,y',
    'x a.example',
    'a.example:80',
    'b,*',
  ].map((list) => ['http://a.example/', { HTTP_PROXY: 'http://p:1', NO_PROXY: list }] as const),
  ...['10.1.2.3', '10.0.0.0/8', '10.1.2.3/32', '10.1.2.3:80'].map(
    (list) => ['http://10.1.2.3/', { HTTP_PROXY: 'http://p:1', no_proxy: list }] as const,
  ),
  ...['2001:db8::1', '[2001:db8::1]', '[2001:DB8:0::1]:80', '2001:db8::/32'].map(
    (list) => ['http://[2001:db8::1]/', { HTTP_PROXY: 'http://p:1', NO_PROXY: list }] as const,
  ),
  ...[
    '10.1.2.3',
    '10.0.0.0/8',
    '::ffff:10.1.2.3',
    '[::ffff:a01:203]:80',
    '10.0x10203',
    '0x0a010203',
    '167838211',
  ].flatMap((list) =>
    ['10.1.2.3', '[::ffff:10.1.2.3]', '10.0x10203', '167838211'].map(
      (host) => [`http://${host}/`, { HTTP_PROXY: 'http://p:1', NO_PROXY: list }] as const,
    ),
  ),
  ...[
    '[::ffff:127.0.0.1]',
    '127.1',
    '0x7f.1',
    '2130706433',
    '0',
    '[::]',
    'LOCALHOST.',
    'ｌｏｃａｌｈｏｓｔ',
    '127。0。0。1',
  ].map((host) => [`http://${host}/`, { HTTP_PROXY: 'http://p:1' }] as const),
  ...['münchen.example', 'MÜNCHEN.example.', 'xn--mnchen-3ya.example', '.ｅｘａｍｐｌｅ'].map(
    (list) => ['http://www.münchen.example/', { HTTP_PROXY: 'http://p:1', NO_PROXY: list }] as const,
  ),
  ['https://a.example./', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.example' }],
  ['wss://a.example/', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.example:443' }],
];

test.each(DIRECT)('%s goes there at once, by %o [outbound.no-proxy]', (target, env) => {
  expect(via(target, env)).toBeUndefined();
});

test.each([
  'b.example',
  'ample',
  'a.example:81',
  'aa.example',
  '.b.a.example',
  '10.0.0.0/8',
  '',
  ',',
  '/8',
  '1.2.3.4/99',
])('NO_PROXY "%s" does not mean a.example [outbound.no-proxy]', (list) => {
  expect(via('http://a.example/', { HTTP_PROXY: 'http://p:1', NO_PROXY: list })).toBe('http://p:1/');
});

test('the entry counts before the environment [outbound.proxy-field]', () => {
  const env = { HTTP_PROXY: 'http://p:1', NO_PROXY: '*' };
  expect(via('http://a.example/', env, 'http://own:2')).toBe('http://own:2/');
  expect(via('http://127.0.0.1/', env, 'own:2')).toBe('http://own:2/');
  expect(via('http://a.example/', { HTTP_PROXY: 'http://p:1' }, false)).toBeUndefined();
  expect(via('http://a.example/', { HTTP_PROXY: 'http://p:1' }, '')).toBeUndefined();
});

test('a proxy is shown without its user, and one that is none is named by its variable [outbound.proxy-secret]', () => {
  const proxy = proxyFor(new URL('https://a.example/'), undefined, { HTTPS_PROXY: 'http://me:pa%40ss@p.example:3128' });
  expect(proxy && shownProxy(proxy)).toBe('http://p.example:3128 (HTTPS_PROXY)');
  for (const text of ['http://', 'ftp://p:1', 'http://me:secret word@:1', 'http://me:secretpw@p:99999'])
    expect(() => via('https://a.example/', { HTTPS_PROXY: text })).toThrow(
      'HTTPS_PROXY is no address of a proxy: expected http://host:port, https:// or socks5://',
    );
});
