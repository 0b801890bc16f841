import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../servers/fixture.ts';
import { onLines } from '../system/lines.ts';

const FIXTURE = fileURLToPath(new URL('../../fixtures/keychain.mjs', import.meta.url));

/** A program in the place of `secret-tool` or `security`, and the environment in which it is found. */
export function scratchKeychain(program: 'secret-tool' | 'security') {
  const folder = temporaryDirectory();
  const file = join(folder, 'item');
  symlinkSync(FIXTURE, join(folder, program));
  const env = {
    PATH: `${folder}:${process.env.PATH}`,
    KEYCHAIN_FILE: file,
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere',
  };
  return {
    env,
    /** The item; undefined while there is none. */
    item: () => (existsSync(file) ? readFileSync(file, 'utf8') : undefined),
    /** Every argument that it was given. */
    args: () => readFileSync(`${file}.args`, 'utf8'),
    forget: () => rmSync(file),
    lock: () => writeFileSync(`${file}.locked`, ''),
    /** From now on it does not say that it is locked. */
    fallSilent: () => writeFileSync(`${file}.quiet`, ''),
    unlock: () => rmSync(`${file}.locked`),
  };
}

const onPath = (program: string) =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)));

/** Whether a real Secret Service can be started here: `apt-get install libsecret-tools gnome-keyring dbus-daemon`. */
export const HAS_SECRET_SERVICE = ['dbus-run-session', 'gnome-keyring-daemon', 'secret-tool'].every(onPath);

/** A GNOME Keyring of its own, unlocked, and the environment in which `secret-tool` finds it; ended with the test. */
export async function startSecretService(): Promise<Readonly<Record<string, string>>> {
  const home = temporaryDirectory();
  const runtime = join(home, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const script =
    'printf pw | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null & ' +
    // It is there when it takes something.
    'until printf x | secret-tool store --label=x ready yes; do sleep 0.1; done; ' +
    'echo "BUS $DBUS_SESSION_BUS_ADDRESS"; cat >/dev/null; kill $!; wait';
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: join(home, '.data'),
  };
  const child = spawn('dbus-run-session', ['--', 'sh', '-c', script], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(async () => {
    const ended = child.exitCode ?? once(child, 'exit');
    child.stdin.end();
    await ended;
  });
  const bus = await new Promise<string>((resolve) => {
    onLines(child.stdout, (line) => line.startsWith('BUS ') && resolve(line.slice(4)));
  });
  return { DBUS_SESSION_BUS_ADDRESS: bus };
}
