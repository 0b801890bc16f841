import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withFileLock } from '../../../../src/platform/file-lock.ts';
import { Credentials, type StoredCredentials } from '../../../../src/upstream/login/credentials.ts';
import { type Keychain, keychainOf, TokenEncryption } from '../../../../src/upstream/login/token-encryption.ts';
import { HAS_SECRET_SERVICE, scratchKeychain, startSecretService } from '../../../helpers/command-line/keychains.ts';
import { temporaryDirectory } from '../../../helpers/servers/fixture.ts';

const ISSUER = 'https://login.example.com';
const KEPT: StoredCredentials = {
  issuer: ISSUER,
  issuers: { [ISSUER]: { tokens: { access_token: 'the-access-token', token_type: 'Bearer', issuer: ISSUER } } },
};

/** Credentials as a process has them that has just started. */
function credentials(directory: string, keychain: Keychain | undefined, wanted: 'auto' | 'never' = 'auto') {
  return Credentials.of(directory, ['x'], { keychain: wanted, seal: new TokenEncryption(directory, keychain) });
}

const PROGRAMS = [
  ['linux', 'secret-tool'],
  ['darwin', 'security'],
] as const;

describe.each(PROGRAMS)('the keychain of %s, by a stand-in for %s', (platform, program) => {
  test('holds the key that seals the file, which is not among the arguments of any program [login.keychain]', async () => {
    const scratch = scratchKeychain(program);
    const directory = temporaryDirectory();
    await credentials(directory, keychainOf(platform, scratch.env)).update(() => KEPT);
    const again = credentials(directory, keychainOf(platform, scratch.env));
    expect(readFileSync(again.file, 'utf8')).not.toContain('the-access-token');
    expect(statSync(again.file).mode & 0o777).toBe(0o600);
    expect(await again.read()).toEqual(KEPT);
    expect(await again.keychain()).toMatch(platform === 'linux' ? /Secret Service/ : /macOS/);
    expect(scratch.item()).toMatch(/^[0-9a-f]{64}$/);
    expect(scratch.args()).not.toContain(scratch.item());
  });

  test('that is locked is said to be, and not taken for empty [login.keychain]', async () => {
    const scratch = scratchKeychain(program);
    const directory = temporaryDirectory();
    await credentials(directory, keychainOf(platform, scratch.env)).update(() => KEPT);
    scratch.lock();
    const locked = credentials(directory, keychainOf(platform, scratch.env));
    await expect(locked.read()).rejects.toThrow(/cannot be opened: .*the keychain is locked; unlock it/);
    await expect(locked.update(() => ({ issuers: {} }))).rejects.toThrow(/unlock it/);
    scratch.unlock();
    expect(await locked.read()).toEqual(KEPT);
  });

  test('that takes no key leaves the file as it is without one [login.keychain-fallback]', async () => {
    const scratch = scratchKeychain(program);
    const directory = temporaryDirectory();
    scratch.lock();
    const open = credentials(directory, keychainOf(platform, scratch.env));
    await open.update(() => KEPT);
    expect(JSON.parse(readFileSync(open.file, 'utf8'))).toEqual(KEPT);
    expect(statSync(open.file).mode & 0o777).toBe(0o600);
    expect(await open.keychain()).toBeUndefined();
  });
});

test('there is no keychain without its program, without a bus, or on other systems [login.keychain-fallback]', () => {
  const { env } = scratchKeychain('secret-tool');
  expect(keychainOf('linux', env)).toBeDefined();
  expect(keychainOf('linux', { ...env, PATH: '/nowhere' })).toBeUndefined();
  const withoutBus = { ...env, DBUS_SESSION_BUS_ADDRESS: undefined, XDG_RUNTIME_DIR: '/nowhere' };
  expect(keychainOf('linux', withoutBus)).toBeUndefined();
  expect(keychainOf('win32', env)).toBeUndefined();
});

test('what was kept without a keychain is sealed when there is one, and opened where it is not wanted [login.keychain-migrates]', async () => {
  const scratch = scratchKeychain('secret-tool');
  const directory = temporaryDirectory();
  await credentials(directory, undefined).update(() => KEPT);
  const sealed = credentials(directory, keychainOf('linux', scratch.env));
  await sealed.migrate();
  expect(readFileSync(sealed.file, 'utf8')).not.toContain('the-access-token');
  const opened = credentials(directory, keychainOf('linux', scratch.env), 'never');
  expect(await opened.read()).toEqual(KEPT);
  await opened.migrate();
  expect(JSON.parse(readFileSync(opened.file, 'utf8'))).toEqual(KEPT);
});

test('a Secret Service that is locked and says nothing is not taken for empty [login.keychain]', async () => {
  const scratch = scratchKeychain('secret-tool');
  const directory = temporaryDirectory();
  await credentials(directory, keychainOf('linux', scratch.env)).update(() => KEPT);
  scratch.fallSilent();
  await expect(credentials(directory, keychainOf('linux', scratch.env)).read()).rejects.toThrow(/it is locked; unlock/);
});

test('a key that is gone for good means that nothing is kept, and the next login makes another [login.keychain]', async () => {
  const scratch = scratchKeychain('secret-tool');
  const directory = temporaryDirectory();
  await credentials(directory, keychainOf('linux', scratch.env)).update(() => KEPT);
  scratch.forget();
  const again = credentials(directory, keychainOf('linux', scratch.env));
  expect(await again.read()).toEqual({ issuers: {} });
  await again.update(() => KEPT);
  expect(await credentials(directory, keychainOf('linux', scratch.env)).read()).toEqual(KEPT);
});

test('processes that need the first key at the same time have one [login.keychain]', async () => {
  const scratch = scratchKeychain('secret-tool');
  const directory = temporaryDirectory();
  const seals = Array.from({ length: 4 }, () => new TokenEncryption(directory, keychainOf('linux', scratch.env)));
  const sealed = await Promise.all(seals.map((seal, index) => seal.encrypt(`text ${index}`)));
  expect(new Set(sealed.map((each) => each?.key)).size).toBe(1);
  const fresh = new TokenEncryption(directory, keychainOf('linux', scratch.env));
  for (const [index, each] of sealed.entries()) expect(each && (await fresh.decrypt(each))).toBe(`text ${index}`);
});

test.skipIf(!HAS_SECRET_SERVICE)('a real GNOME Keyring holds the key [login.keychain-real]', async () => {
  const env = { ...process.env, ...(await startSecretService()) };
  const directory = temporaryDirectory();
  const first = credentials(directory, keychainOf('linux', env));
  await first.update(() => KEPT);
  expect(readFileSync(first.file, 'utf8')).not.toContain('the-access-token');
  expect(await credentials(directory, keychainOf('linux', env)).read()).toEqual(KEPT);
});

test('a lock that a process left behind when it died is taken over at once, one that is held is not [login.lock]', async () => {
  const path = join(temporaryDirectory(), 'x.lock');
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  writeFileSync(path, JSON.stringify({ id: 'a', pid: child.pid, host: hostname() }));
  const order: string[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const entered = new Promise<void>((resolve) => {
    void withFileLock(path, async () => {
      order.push('first');
      resolve();
      await held;
      order.push('first ends');
    });
  });
  await entered;
  const second = withFileLock(path, async () => void order.push('second'));
  release();
  await second;
  expect(order).toEqual(['first', 'first ends', 'second']);
});
