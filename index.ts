#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { keepYoungGenerationSmall, leaveProject } from './src/platform/process-setup.ts';

const argv = process.argv.slice(2);
for (const told of leaveProject()) process.stderr.write(`mcp-gateway: ${told}\n`);
// One signal ends many things at one time: of a hundred servers, that is no leak to be warned of.
setMaxListeners(0);

run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`mcp-gateway: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);

/** A session that is shared, and what it shares, begin without the command line, which is most of what they would load. */
async function run(): Promise<number> {
  if (argv[0] === '--daemon') {
    const { runDaemon } = await import('./src/daemon/daemon.ts');
    keepYoungGenerationSmall();
    return runDaemon(argv[1] ?? '');
  }
  // A person at a terminal is told what it waits for.
  if (argv[0] === '--shared' && !process.stdin.isTTY) {
    const { attachEarly } = await import('./src/daemon/attach.ts');
    keepYoungGenerationSmall();
    const code = await attachEarly(argv);
    if (code !== undefined) return code;
  }
  const { greetEarly } = await import('./src/cli/greet-early.ts');
  const greeter = await greetEarly(argv);
  const { main } = await import('./src/cli/main.ts');
  // Many clients at one time make more garbage than is quickly swept from a small one (a sixth of the CPU).
  if (argv[0] !== 'start') keepYoungGenerationSmall();
  return main(argv, greeter);
}
