import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../performance/paths.ts';

/** What others publish for the same purpose, pinned. */
export const PEERS = { 'mcp-hub': '4.2.1', 'mcp-proxy': '6.7.19', supergateway: '4.0.0' } as const;

const CACHE = join(ROOT, 'node_modules/.cache/bench-http');
const BIN = join(CACHE, 'node_modules/.bin');

/** Longest installation, where the network hangs. */
const INSTALL_LIMIT_MS = 120_000;

/** Installs the peers into a cache, once for each set of versions; throws where npm cannot, for example without a network. */
export function installPeers(): void {
  const manifest = JSON.stringify({ private: true, dependencies: PEERS });
  const path = join(CACHE, 'package.json');
  if (Object.keys(PEERS).every((name) => existsSync(peerBin(name))) && readFileSync(path, 'utf8') === manifest) return;
  rmSync(CACHE, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(path, manifest);
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', args, { cwd: CACHE, stdio: ['ignore', 'ignore', 'pipe'], timeout: INSTALL_LIMIT_MS });
}

/** The script that starts an installed peer. */
export function peerBin(name: string): string {
  return join(BIN, name);
}
