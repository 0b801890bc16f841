import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { fileSource } from '../../../../src/config/source/source.ts';
import { watchFiles } from '../../../../src/config/source/watch.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-watch-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Counts the changes seen; `until(n)` waits for the n-th. */
function counting(path: string) {
  let changes = 0;
  const watching = watchFiles(fileSource(path), () => changes++, { quietMs: 30 });
  onTestFinished(() => watching.close());
  return {
    until: (count: number) => vi.waitFor(() => expect(changes).toBe(count), { timeout: 5000, interval: 10 }),
    changes: () => changes,
    close: () => watching.close(),
  };
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

test('the watch sees the file written, replaced, touched, removed and made again', async () => {
  const path = join(folder, 'config.json');
  await writeFile(path, '1');
  const seen = counting(path);
  await writeFile(path, '2');
  await seen.until(1);
  await replace(path, '3');
  await seen.until(2);
  await utimes(path, new Date(), new Date(0));
  await seen.until(3);
  await rm(path);
  await seen.until(4);
  await replace(path, '4');
  await seen.until(5);
});

test('the watch tells nothing of other files beside it', async () => {
  const path = join(folder, 'config.json');
  const seen = counting(path);
  await writeFile(join(folder, 'other.json'), 'x');
  await rm(join(folder, 'other.json'));
  await writeFile(path, '1');
  await seen.until(1);
});

test('a burst of writes is told once', async () => {
  const path = join(folder, 'config.json');
  const seen = counting(path);
  for (let i = 0; i < 20; i++) await writeFile(path, 'x'.repeat(i));
  await seen.until(1);
});

test('the watch picks up a file whose directories do not exist yet, and survives their removal', async () => {
  const path = join(folder, 'a', 'b', 'config.json');
  const seen = counting(path);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '1');
  await seen.until(1);
  await rm(join(folder, 'a'), { recursive: true });
  await seen.until(2);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '2');
  await seen.until(3);
  await writeFile(path, '33');
  await seen.until(4);
});

test('the watch follows a link to the file and sees it led elsewhere', async () => {
  const real = join(folder, 'real', 'config.json');
  const other = join(folder, 'other', 'config.json');
  const path = join(folder, 'etc', 'config.json');
  for (const file of [real, other, path]) await mkdir(dirname(file));
  await writeFile(real, '1');
  await writeFile(other, '22');
  await symlink(real, path);
  const seen = counting(path);
  await replace(real, '3');
  await seen.until(1);
  await symlink(other, `${path}.new`);
  await rename(`${path}.new`, path);
  await seen.until(2);
  await replace(other, '4444');
  await seen.until(3);
});

test('the watch tells nothing after it is closed', async () => {
  const path = join(folder, 'config.json');
  const closed = counting(path);
  const open = counting(path);
  closed.close();
  await writeFile(path, '1');
  await open.until(1);
  expect(closed.changes()).toBe(0);
});
