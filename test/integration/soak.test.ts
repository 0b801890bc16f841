import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const RUN = fileURLToPath(new URL('../soak/run.mjs', import.meta.url));
const LONG_MS = 240_000;

const soak = async (...args: string[]) => {
  const outcome = promisify(execFile)(process.execPath, [RUN, ...args]);
  return outcome.then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  );
};

test('a soak of a few seconds is sound, and says what it did [soak.runs]', { timeout: LONG_MS }, async () => {
  // Its growth within seconds is that of a start; the bound of a real run is for one of minutes.
  const args = ['--minutes', '0.15', '--every', '2', '--fault-every', '1', '--seed', '5', '--rss-growth-mb', '300'];
  const { code, stdout } = await soak(...args);
  expect(stdout).toMatch(
    /^seed 5, .*\n\d+ s {2}\d+ right {2}\d+ excused {2}0 unexpected {2}RSS \d+ MB {2}\d+ children/,
  );
  expect(stdout).toMatch(/^kind +right +excused +unexpected +wrong.*^invoke +[1-9]\d*.*^faults: .*[1-9]/ms);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sound$/m) });
});

test('a bound that is passed fails the soak [soak.runs]', { timeout: LONG_MS }, async () => {
  const { code, stdout } = await soak('--minutes', '0.05', '--fault-every', '0', '--rss-growth-mb=-1000');
  expect(stdout).toMatch(/^! RSS grew beyond the bound.*^1 complaints, seed \d+$/ms);
  expect(code).toBe(1);
});

test('the soak explains itself [soak.runs]', async () => {
  expect(await soak('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--minutes') });
  expect((await soak('--minutes', 'many')).code).toBe(2);
});
