import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GatewaySettings } from '../../../../../src/config/settings.ts';
import { refuse } from '../../../../../src/downstream/http/auth/admission.ts';
import { createHostCheck, type HostCheckOptions } from '../../../../../src/downstream/http/auth/host-check.ts';
import { challengeFor, protectedResource } from '../../../../../src/downstream/http/auth/protected-resource.ts';
import { openBindProblem } from '../../../../../src/downstream/http/request/access.ts';

import '../../../../property/seed.ts';

const ISSUER = 'https://login.example.com/realms/a';
const KEYS: GatewaySettings['auth'] = { strategy: 'api-key', apiKeys: ['k'] };
const TOKENS: GatewaySettings['auth'] = { strategy: 'jwt', jwt: { issuer: ISSUER, clockSkewSeconds: 30 } };
const NAMED: GatewaySettings['auth'] = {
  strategy: 'jwt',
  jwt: { issuer: 'us', secret: 'x'.repeat(32), clockSkewSeconds: 30 },
};
const PUBLIC = 'https://gateway.example.com/';

describe('WWW-Authenticate', () => {
  test('tells who sent nothing where to log in, and no error [http.auth-challenge]', () => {
    expect(challengeFor(refuse('missing_token'), { auth: TOKENS, publicUrl: PUBLIC })).toBe(
      'Bearer realm="mcp-gateway", resource_metadata="https://gateway.example.com/.well-known/oauth-protected-resource/mcp"',
    );
    expect(challengeFor(refuse('missing_key'), { auth: KEYS, publicUrl: PUBLIC })).toBe('Bearer realm="mcp-gateway"');
  });

  test('tells what is wrong with what was sent [http.auth-challenge]', () => {
    expect(challengeFor(refuse('wrong_audience'), { auth: TOKENS, publicUrl: PUBLIC, path: '/sse' })).toBe(
      'Bearer realm="mcp-gateway", error="invalid_token", ' +
        'error_description="the access token was made for another audience", ' +
        'resource_metadata="https://gateway.example.com/.well-known/oauth-protected-resource/sse"',
    );
    expect(challengeFor(refuse('unknown_key'), { auth: KEYS, publicUrl: PUBLIC })).toBe(
      'Bearer realm="mcp-gateway", error="invalid_token", ' +
        'error_description="the API key is not known here, or not any more"',
    );
  });

  test('is left out where other credentials would not help [http.auth-challenge]', () => {
    expect(challengeFor(refuse('keys_unavailable'), { auth: TOKENS, publicUrl: PUBLIC })).toBeUndefined();
  });
});

describe('protected-resource metadata', () => {
  test('names the endpoint and the issuer [http.auth-metadata]', () => {
    const document = {
      resource: 'https://gateway.example.com/mcp',
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
      resource_name: 'mcp-gateway',
    };
    expect(protectedResource(TOKENS, PUBLIC)).toEqual(document);
    expect(protectedResource(TOKENS, 'https://h/gw/', '/sse')).toMatchObject({ resource: 'https://h/gw/sse' });
    expect(protectedResource(TOKENS, 'http://127.0.0.1:4000', '')).toMatchObject({ resource: 'http://127.0.0.1:4000' });
  });

  test.each([[undefined], [KEYS], [NAMED]])(
    'is nothing where no issuer gives tokens: %j [http.auth-metadata]',
    (auth) => {
      expect(protectedResource(auth, PUBLIC)).toBeUndefined();
    },
  );
});

describe('the address to bind', () => {
  test.each([
    ['127.0.0.1'],
    ['127.8.0.1'],
    ['::1'],
    ['[::1]'],
    ['localhost'],
    ['LOCALHOST.'],
    ['127.1'],
    ['::ffff:127.0.0.1'],
  ])('%s needs no strategy [http.open-bind]', (host) => {
    expect(openBindProblem({ host, auth: undefined })).toBeUndefined();
  });

  test.each([
    ['0.0.0.0'],
    ['::'],
    ['192.168.1.5'],
    ['127.0.0.1.example.com'],
    ['myhost'],
    ['::ffff:1.2.3.4'],
    ['::ffff:0.0.0.0'],
    ['0'],
    ['a.localhost'],
    ['not a host'],
  ])('%s needs one that is written down [http.open-bind]', (host) => {
    const problem = openBindProblem({ host, auth: undefined });
    expect(problem).toContain(`host ${host} `);
    expect(problem).toContain('auth: {strategy: api-key, apiKeys: [');
    expect(problem).toContain('auth: {strategy: none}');
    for (const auth of [KEYS, TOKENS, { strategy: 'none' } as const])
      expect(openBindProblem({ host, auth })).toBeUndefined();
  });
});

const LOOPBACK: HostCheckOptions = { host: '127.0.0.1', allowedHosts: [], corsOrigins: [] };
const OPEN: HostCheckOptions = { ...LOOPBACK, host: '0.0.0.0' };

/** 0 where the request passes. */
function statusOf(options: HostCheckOptions, headers: Record<string, string>): number {
  return createHostCheck(options)(new Headers(headers))?.status ?? 0;
}

/** This machine, written otherwise. */
const OTHERWISE = [
  ...[['LOCALHOST.'], ['127.1:4000'], ['0x7f.1'], ['2130706433'], ['017700000001:4000'], ['127.0.0.1.']],
  ...[['[::ffff:127.0.0.1]:4000'], ['[::FFFF:7f00:1]'], ['[0:0:0:0:0:0:0:1]']],
];

describe('Host', () => {
  test.each([
    ['localhost'],
    ['localhost:9'],
    ['LocalHost.:4000'],
    ['127.0.0.1:4000'],
    ['127.1.2.3'],
    ['[::1]:4000'],
    ...OTHERWISE,
  ])('%s passes everywhere [http.host]', (host) => {
    for (const options of [LOOPBACK, { ...LOOPBACK, host: '::1' }, OPEN]) expect(statusOf(options, { host })).toBe(0);
  });

  test.each([
    ['192.168.1.5:8080'],
    ['[fe80::1]:4000'],
    ['gateway:4000'],
    ['my-laptop.local'],
    ['gateway.default.svc.cluster.local'],
    ['host.docker.internal'],
    ['nas.lan'],
    ['a.localhost'],
    ['[::]:4000'],
    ['0'],
    ['[::ffff:192.168.1.5]'],
  ])('%s, which no web site can have, passes where the bind is open, and only there [http.host]', (host) => {
    expect(statusOf(OPEN, { host })).toBe(0);
    expect(statusOf(LOOPBACK, { host })).toBe(403);
  });

  test.each([
    ['evil.example.com'],
    ['evil.example.com:4000'],
    ['localhost.evil.com'],
    ['127.0.0.1.evil.com'],
    ['192.168.1.5.nip.io'],
    ['evil-local.com'],
    ['local.evil.com'],
  ])('%s, which a web site can have, is refused with what to write [http.host]', (host) => {
    for (const options of [LOOPBACK, OPEN]) {
      const problem = createHostCheck(options)(new Headers({ host }));
      expect(problem).toEqual({ status: 403, detail: expect.stringContaining('add that name to http.allowedHosts') });
      expect(statusOf({ ...options, allowedHosts: [host] }, { host })).toBe(0);
      expect(statusOf({ ...options, allowedHosts: ['other.com', '*'] }, { host })).toBe(0);
      expect(statusOf({ ...options, publicUrl: `https://${host}/gw` }, { host })).toBe(0);
      const name = host.replace(':4000', '');
      expect(statusOf({ ...options, publicUrl: `https://${name}.:4000` }, { host: `${name.toUpperCase()}.` })).toBe(0);
    }
  });

  test('an allowed name counts without its port and case, and may stand for those under it [http.host]', () => {
    const options = { ...LOOPBACK, allowedHosts: ['Gateway.example.com:443', '*.apps.example.com'] };
    for (const host of ['gateway.example.com', 'GATEWAY.example.com:8443', 'a.b.apps.example.com'])
      expect(statusOf(options, { host })).toBe(0);
    for (const host of ['example.com', 'x.gateway.example.com', 'apps.example.com', 'evilapps.example.com'])
      expect(statusOf(options, { host })).toBe(403);
  });

  test('the name that is bound passes [http.host]', () => {
    expect(statusOf({ ...LOOPBACK, host: 'Gw.example.com' }, { host: 'gw.example.com:4000' })).toBe(0);
  });

  test.each([
    [{}],
    [{ host: '' }],
    [{ host: 'a b' }],
    [{ host: 'localhost/x' }],
    [{ host: 'evil.com@localhost' }],
    [{ host: 'localhost, evil.com' }],
    [{ host: 'localhost:99999' }],
    [{ host: '[::1' }],
  ])('%j is no Host [http.host]', (headers: Record<string, string>) => {
    expect(statusOf(LOOPBACK, headers)).toBe(400);
    expect(statusOf({ ...OPEN, allowedHosts: ['*'] }, headers)).toBe(400);
  });
});

describe('Origin', () => {
  test.each([
    ['http://localhost:4000', 'localhost:4000'],
    ['https://gw.local', 'gw.local'],
    ['https://gw.local', 'gw.local:443'],
    ['http://192.168.1.5:8080', '192.168.1.5:8080'],
  ])('%s is a page of %s itself [http.origin]', (origin, host) => {
    expect(statusOf(OPEN, { host, origin })).toBe(0);
  });

  test.each([
    ['https://evil.example.com'],
    ['http://localhost:3000'],
    ['http://localhost'],
    ['http://127.0.0.1:4000'],
    ['http://localhost:4000.evil.com'],
    ['null'],
    ['app://localhost:4000'],
    ['vscode-file://vscode-app'],
    [''],
    ['nonsense'],
  ])('"%s" is another site than localhost:4000, and passes only when listed [http.origin]', (origin) => {
    const headers = { host: 'localhost:4000', origin };
    for (const options of [LOOPBACK, OPEN]) {
      expect(statusOf(options, headers)).toBe(403);
      expect(statusOf({ ...options, corsOrigins: ['https://other.com', origin] }, headers)).toBe(0);
      expect(statusOf({ ...options, corsOrigins: ['*'] }, headers)).toBe(0);
    }
  });

  test('a rebound name is refused though its page is of that name, and listed origins do not change that [http.host]', () => {
    const headers = { host: 'evil.com:4000', origin: 'http://evil.com:4000' };
    for (const options of [LOOPBACK, OPEN]) {
      expect(statusOf(options, headers)).toBe(403);
      expect(statusOf({ ...options, corsOrigins: ['*'] }, headers)).toBe(403);
    }
  });

  test('the public address is of the gateway, and case and default ports do not matter [http.origin]', () => {
    const options = { ...LOOPBACK, publicUrl: PUBLIC, corsOrigins: ['https://App.example.com:443/'] };
    for (const origin of ['https://gateway.example.com', 'https://app.example.com'])
      expect(statusOf(options, { host: 'localhost:4000', origin })).toBe(0);
  });
});

test('any Host and Origin are answered [http.auth-robust]', () => {
  const text = fc.string({ unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)) });
  const host = fc.oneof(
    text,
    fc.domain(),
    fc.ipV4Extended(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  fc.assert(
    fc.property(host, fc.oneof(text, fc.webUrl()), fc.boolean(), (name, origin, open) => {
      expect([0, 400, 403]).toContain(statusOf(open ? OPEN : LOOPBACK, { host: name, origin }));
    }),
    { numRuns: 500 },
  );
});
