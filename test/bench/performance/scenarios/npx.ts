import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fleet } from '../fleet.ts';
import { configFile, gatewayOf } from '../participants.ts';
import { scenario } from '../scenario.ts';

const SERVERS = fleet(1, 10);

/** `npx` of the package as it would be published, with nothing in npm's cache, up to the answer to `initialize`. */
export const npx = scenario({
  name: 'npx',
  rounds: 3,
  more: true,
  async open(lab, { root }) {
    const tarball = await pack(root, lab.folder());
    const round = async () => {
      const folder = lab.folder();
      const cache = join(folder, 'npm');
      const command = ['npx', '--yes', '--package', tarball, 'mcp-gateway', configFile(SERVERS, folder)];
      const subject = lab.start(command, folder, { npm_config_cache: cache, npm_config_update_notifier: 'false' });
      const gateway = await gatewayOf(subject, SERVERS);
      await gateway.stop();
      return { seconds: gateway.initializeMs / 1000, packages: packagesIn(cache) };
    };
    return { round };
  },
  rows: (rounds) => [
    {
      label: 'cold `npx` → `initialize`',
      unit: 's',
      values: rounds.map(({ seconds }) => seconds),
      goal: { atMost: 2 },
    },
    {
      label: 'packages that this installs',
      unit: '',
      values: rounds.map(({ packages }) => packages),
      goal: { atMost: 1 },
    },
  ],
});

/** Packs a checkout with the build that it has. */
async function pack(root: string, folder: string): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root });
  const [{ filename }] = JSON.parse(stdout);
  return join(folder, filename);
}

/** How many packages npx has installed into its cache. */
function packagesIn(cache: string): number {
  const folders = readdirSync(join(cache, '_npx')).map((name) => join(cache, '_npx', name));
  const locks = folders.map((folder) => readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  return locks.reduce((sum, lock) => sum + Object.keys(JSON.parse(lock).packages).length, 0);
}
