import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startCommand } from './gateway-command.mjs';

const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url));
/** What `start` prints once it listens. */
const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/;
const GRACE_MS = 10_000;

/**
 * The gateway's own HTTP edge, whose one server `conf` is the conformance server and is spoken to in the era `upstream`:
 * nothing stands between the suite and `/mcp`.
 */
export async function startEdge({ upstream }) {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  const config = join(folder, 'mcp-gateway.yml');
  const [command, ...args] = [process.execPath, SERVER];
  const server = { id: 'conf', transport: 'stdio', command, args, protocol: upstream };
  // JSON is YAML too. A free port, since other tests run meanwhile.
  await writeFile(config, JSON.stringify({ port: 0, auth: { strategy: 'none' }, servers: [server] }));
  const [file, ...words] = startCommand(config);
  const child = spawn(file, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');

  async function close() {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await exited;
    clearTimeout(timer);
    await rm(folder, { recursive: true });
  }

  try {
    return { url: `${await addressOf(child, exited)}/mcp`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The address that it prints, on either stream; rejects with what it said when it ends without one. */
function addressOf(child, exited) {
  const said = [];
  return new Promise((resolve, reject) => {
    exited.then(([code]) => reject(new Error(`the gateway ended with ${code}: ${said.join('\n')}`)), reject);
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        if (process.env.CONFORMANCE_LOG) console.error(line);
        said.push(line);
        const address = ADDRESS.exec(line)?.[0];
        if (address) resolve(address);
      });
    }
  });
}
