#!/usr/bin/env node
import { main } from './src/cli.ts';
import { keepYoungGenerationSmall } from './src/process-memory.ts';

keepYoungGenerationSmall();

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`mcp-gateway: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
