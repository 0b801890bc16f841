import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BENCH, ROOT } from '../paths.ts';
import { scenario } from '../scenario.ts';

const run = promisify(execFile);

/** Longest time for which learning 10,000 tools holds up the event loop: of the catalog alone, in a process without a gateway. */
export const index = scenario({
  name: 'index',
  rounds: 5,
  async open(lab, { root }) {
    const catalog = join(lab.folder(), 'catalog.mjs');
    const bundle = ['--bundle', '--format=esm', '--platform=node', '--target=node20', '--log-level=error'];
    const entry = join(root, 'src/search/catalog.ts');
    await run(join(ROOT, 'node_modules/.bin/esbuild'), [entry, ...bundle, `--outfile=${catalog}`], { cwd: root });
    const round = async () => {
      const { stdout } = await run(process.execPath, [join(BENCH, 'performance/slices.mjs'), catalog]);
      return Number(stdout);
    };
    return { round };
  },
  rows: (values) => [
    {
      label: 'index of 10,000 tools built, longest slice',
      unit: 'ms',
      values,
      earlier: 48,
      goal: { atMost: 20 },
    },
  ],
});
