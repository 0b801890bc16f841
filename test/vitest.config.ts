import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take minutes; one of them alone at the end would leave a core idle as long. */
const LONGEST = ['conformance/conformance', 'e2e/hosts', 'integration/login-commands', 'integration/command-line'];

/** The longest files first, then as Vitest would have it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/{unit,property,integration,conformance,e2e}/**/*.test.ts'],
    globalSetup: ['test/helpers/gateway/build.ts'],
    sequence: { sequencer: LongestFirst },
    pool: 'forks',
    // Most tests wait for child processes: three files at a time fill two cores.
    maxWorkers: 3,
    // Only against what hangs: on a machine with both cores taken a test of ten seconds takes a minute.
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
