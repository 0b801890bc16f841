// `node slices.mjs <catalog.mjs>`: has a bundled `Catalog` learn 10,000 tools of ten servers, and prints the longest time
// between two turns of the event loop meanwhile, in ms.
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { makeTools, SERVERS } from './catalog.mjs';

const { Catalog } = await import(pathToFileURL(process.argv[2] ?? '').href);
const servers = SERVERS.slice(0, 10).map((key) => ({ key, tags: [], tools: makeTools(key, 1000) }));
const catalog = new Catalog();
let isBuilt = false;
let longest = 0;

async function watch() {
  for (let last = performance.now(); !isBuilt; ) {
    await nextTurn();
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
}

const watched = watch();
for (const server of servers) {
  catalog.setServer(server, server.tools);
  await nextTurn();
}
await catalog.indexed();
isBuilt = true;
await watched;
process.stdout.write(`${longest}\n`);
