import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Terminal } from '../../../src/cli/terminal/terminal.ts';
import { temporaryDirectory } from '../servers/fixture.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/clients/', import.meta.url));

/** A home directory with a project in it, as the clients of test/fixtures/clients leave them. */
export function clientFiles({ empty = false } = {}) {
  const folder = temporaryDirectory();
  const home = join(folder, 'home');
  const cwd = join(folder, 'project');
  for (const path of [home, cwd]) mkdirSync(path);
  if (!empty) fill(home, cwd);
  const output: string[] = [];
  const errors: string[] = [];
  const terminal: Terminal = {
    cwd,
    env: { HOME: home },
    platform: 'linux',
    self: ['/usr/bin/node', '/opt/gateway/dist/index.js'],
    write: (text) => output.push(text),
    writeError: (text) => errors.push(text),
  };
  const at = (path: string) => join(path.startsWith('project/') ? folder : home, path);
  return {
    ...{ home, cwd, terminal },
    config: join(home, '.config/mcp-gateway/config.json'),
    /** What was said since the last time. */
    said: () => [...output.splice(0), ...errors.splice(0)].join(''),
    exists: (path: string) => existsSync(at(path)),
    read: (path: string) => readFileSync(at(path), 'utf8'),
    write(path: string, text: string) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
    },
  };
}

/** Dot files at the top have names without a dot in the fixtures, so that no client takes them for its own. */
function fill(home: string, cwd: string): void {
  cpSync(join(FIXTURES, 'home'), home, { recursive: true });
  cpSync(join(FIXTURES, 'project'), cwd, { recursive: true });
  const claude = readFileSync(join(home, 'claude.json'), 'utf8');
  writeFileSync(join(home, 'claude.json'), claude.replace('"@PROJECT@"', JSON.stringify(cwd)));
  renameSync(join(home, 'claude.json'), join(home, '.claude.json'));
  renameSync(join(cwd, 'mcp.json'), join(cwd, '.mcp.json'));
}

export const PLAIN_FILE = join(FIXTURES, 'plain.json');
