import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fleet } from '../fleet.ts';
import { configFile, gatewayOf } from '../participants.ts';
import { ROOT } from '../paths.ts';
import type { Scenario } from '../scenario.ts';

const SERVERS = fleet(1, 10);

/** `npx` of the package as it would be published, with nothing in npm's cache, up to the answer to `initialize`. */
export const npx: Scenario = {
  name: 'npx',
  rounds: 3,
  async measure({ lab, repeat }) {
    const tarball = pack(lab.folder());
    const rounds = await repeat(async () => {
      const folder = lab.folder();
      const cache = join(folder, 'npm');
      const command = ['npx', '--yes', '--package', tarball, 'mcp-gateway', configFile(SERVERS, folder)];
      const subject = lab.start(command, folder, { npm_config_cache: cache, npm_config_update_notifier: 'false' });
      const gateway = await gatewayOf(subject, SERVERS);
      await gateway.stop();
      return { seconds: gateway.initializeMs / 1000, packages: packagesIn(cache) };
    });
    const values = (figure: keyof (typeof rounds)[number]) => rounds.map((round) => round[figure]);
    return [
      { label: 'cold `npx` → `initialize`', unit: 's', values: values('seconds'), goal: { atMost: 2 } },
      { label: 'packages that this installs', unit: '', values: values('packages'), goal: { atMost: 1 } },
    ];
  },
};

/** Packs the checkout with the build that it has. */
function pack(folder: string): string {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(
    execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  return join(folder, filename);
}

/** How many packages npx has installed into its cache. */
function packagesIn(cache: string): number {
  const folders = readdirSync(join(cache, '_npx')).map((name) => join(cache, '_npx', name));
  const locks = folders.map((folder) => readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  return locks.reduce((sum, lock) => sum + Object.keys(JSON.parse(lock).packages).length, 0);
}
