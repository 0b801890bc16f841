import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where test/helpers/gateway/build.ts puts the fixtures, bundled. */
export const BUILT_FIXTURES = fileURLToPath(new URL('../../../node_modules/.cache/fixtures', import.meta.url));

/** The fixtures that import packages: Node takes half a second of a core to load one of them as it is, a quarter bundled. */
export const BUNDLED = ['upstream', 'upstream/tasks', 'oauth', 'verbatim'] as const;

/** The path to start a fixture of test/fixtures by, bundled with what it imports. */
export const builtFixture = (name: (typeof BUNDLED)[number]): string => join(BUILT_FIXTURES, `${name}.mjs`);
