import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { removeFolder } from '../system/folders.ts';
import { onLines } from '../system/lines.ts';
import { descendants, expectDead, waitUntil } from '../system/processes.ts';
import { BIN } from './gateway-process.ts';

const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)/;

/** The gateway's bin serving HTTP on a port of this machine. */
export interface HttpGateway {
  readonly pid: number;
  /** Such as `http://127.0.0.1:4000`. */
  readonly address: string;
  readonly port: number;
  /** The end of what it wrote, for messages. */
  tail(): string;
}

export interface HttpGatewayOptions {
  /** Absent: the built bin, by this Node. */
  readonly command?: readonly [string, ...string[]];
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `mcp-gateway start` on a free port with settings and servers of the listed shape, until the test has finished. */
export async function startHttpGateway(
  config: object = {},
  { command = [process.execPath, BIN], env: more }: HttpGatewayOptions = {},
): Promise<HttpGateway> {
  const home = mkdtempSync(join(tmpdir(), 'http-gateway-'));
  const file = join(home, 'mcp-gateway.yml');
  // JSON is YAML too.
  writeFileSync(file, JSON.stringify({ port: 0, auth: { strategy: 'none' }, servers: [], ...config }));
  const folders = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), XDG_DATA_HOME: join(home, 'data') };
  const [program, ...words] = command;
  const env = { ...process.env, ...folders, ...more };
  const child = spawn(program, [...words, 'start', '-c', file], { cwd: home, env, stdio: 'pipe' });
  const exited = once(child, 'exit');
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) onLines(stream, (line) => said.push(line));
  const tail = () => said.slice(-30).join('\n');
  onTestFinished(async () => {
    const pids = [...descendants(child.pid as number), child.pid as number];
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(killer);
    await expectDead(pids);
    await removeFolder(home);
  });
  const found = await waitUntil(() => child.exitCode !== null || addressIn(said), { what: 'start prints its address' });
  if (typeof found === 'boolean') throw new Error(`start ended with ${child.exitCode}:\n${tail()}`);
  return { pid: child.pid as number, address: found[0], port: Number(found[1]), tail };
}

const addressIn = (lines: readonly string[]) => ADDRESS.exec(lines.join('\n'));
