import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { allow, disallow } from '../../../src/cli/commands/allow.ts';
import type { Terminal } from '../../../src/cli/terminal/terminal.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { ProjectSource } from '../../../src/config/source/source.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { temporaryDirectory } from '../servers/fixture.ts';

/** A home directory with a project in it, the user's configuration, and a terminal in the project. */
export function projectFiles(own: JsonObject = {}) {
  const home = join(temporaryDirectory(), 'home');
  const cwd = join(home, 'code/shop');
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_DATA_HOME: join(home, '.data') };
  const config = join(home, '.config/mcp-gateway/config.json');
  const output: string[] = [];
  const terminal: Terminal = {
    ...{ cwd, env, platform: 'linux', self: ['/usr/bin/node', '/opt/gateway/dist/index.js'] },
    write: (text) => output.push(text),
    writeError: (text) => output.push(text),
  };
  /** Replaces a file of the home directory the way editors do. */
  const write = (path: string, content: JsonObject | string) => {
    const file = join(home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, typeof content === 'string' ? content : JSON.stringify(content));
    renameSync(`${file}.new`, file);
    return file;
  };
  write('.config/mcp-gateway/config.json', own);
  mkdirSync(cwd, { recursive: true });
  const options = { path: config, env, dataDirectory: join(env.XDG_DATA_HOME, 'mcp-gateway') };
  return {
    ...{ home, cwd, env, config, terminal, write },
    dataDirectory: options.dataDirectory,
    /** Replaces the file of the project. */
    writeProject: (content: JsonObject | string) => write('code/shop/.mcp-gateway.json', content),
    allow: (...words: string[]) => allow({ words, yes: true }, terminal),
    disallow: (...words: string[]) => disallow(words, terminal),
    /** What a gateway would run that is started in a directory. */
    load: (from = cwd) => new ProjectSource({ ...options, cwd: from }).load(),
    loadOwn: () => loadConfig(config, env),
    /** What was said since the last time. */
    said: () => output.splice(0).join(''),
    read: (path: string) => (existsSync(join(home, path)) ? readFileSync(join(home, path), 'utf8') : undefined),
  };
}
