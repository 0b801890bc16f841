/**
 * A server that satisfies the official conformance suite by itself: over stdio, or with `--http` over Streamable HTTP
 * on a free port, whose address is the first line on stdout. Each speaks the 2025 era and 2026-07-28.
 */
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { createServer } from './server/create-server.mjs';
import { serveHttp } from './server/serve-http.mjs';

if (process.argv.includes('--http')) {
  process.stdout.write(`${(await serveHttp()).url}\n`);
} else {
  // The SDK's stdio server does not end by itself with its input in every version.
  process.stdin.on('end', () => process.exit());
  serveStdio(() => createServer());
}
