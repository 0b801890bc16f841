#!/usr/bin/env node
import { main } from './src/cli.ts';
import { keepYoungGenerationSmall } from './src/process-memory.ts';

// Many clients at one time make more garbage than is quickly swept from a small one (a sixth of the CPU).
if (process.argv[2] !== 'start') keepYoungGenerationSmall();

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`mcp-gateway: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
