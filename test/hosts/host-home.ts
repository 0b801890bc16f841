import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { builtFixture } from '../helpers/servers/built-fixtures.ts';
import { removeFolder } from '../helpers/system/folders.ts';
import { wholeLines } from '../helpers/system/lines.ts';
import { processesWith, waitUntil } from '../helpers/system/processes.ts';

const BIN = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
/** Where bunx is. */
const COMMANDS = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
const UPSTREAM = builtFixture('upstream');

/** The home of a user on a machine of their own, in a folder that goes with the test. */
export class HostHome {
  readonly folder = mkdtempSync(join(tmpdir(), 'mcp-gateway-host-'));
  readonly project = join(this.folder, 'project');
  /** All that programs started here know of the world; nothing of ours but the way to Node. */
  readonly env: Readonly<Record<string, string>>;
  readonly #home = join(this.folder, 'home');
  readonly #journal = join(this.folder, 'journal.jsonl');

  constructor() {
    const temporary = join(this.folder, 'tmp');
    for (const path of [this.#home, this.project, temporary]) mkdirSync(path);
    this.env = {
      PATH: [dirname(process.execPath), process.env.PATH, COMMANDS].join(delimiter),
      HOME: this.#home,
      XDG_CONFIG_HOME: join(this.#home, '.config'),
      XDG_DATA_HOME: join(this.#home, '.local/share'),
      XDG_STATE_HOME: join(this.#home, '.local/state'),
      XDG_CACHE_HOME: join(this.#home, '.cache'),
      TMPDIR: temporary,
      TERM: 'dumb',
      LANG: 'C.UTF-8',
    };
  }

  /** The command of a fixture server with these tools. */
  server(name: string, tools: readonly string[]): string[] {
    return [process.execPath, UPSTREAM, JSON.stringify({ name, tools, journal: this.#journal })];
  }

  /** What the servers have recorded of that event. */
  events(event: string): JsonObject[] {
    return wholeLines(this.#journal)
      .map((line): unknown => JSON.parse(line))
      .filter(isJsonObject)
      .filter((entry) => entry.event === event);
  }

  /** Runs `mcp-gateway` in the project and gives what it prints; throws with that when it fails. */
  gateway(...words: string[]): string {
    const options = { cwd: this.project, env: this.env, encoding: 'utf8', timeout: 30_000 } as const;
    return execFileSync(process.execPath, [BIN, ...words], options);
  }

  /** A file of the home. */
  read(path: string): string {
    return readFileSync(join(this.#home, path), 'utf8');
  }

  write(path: string, text: string): void {
    const file = join(this.#home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Pids of what runs with this home: every host, gateway and server, orphans too. */
  processes(): number[] {
    return processesWith('HOME', this.#home);
  }

  /** Throws when a process with this home still runs after `timeoutMs`. */
  async quiet(timeoutMs = 10_000): Promise<void> {
    await waitUntil(() => this.processes().length === 0, { timeoutMs, what: 'every process of the home is gone' });
  }

  async remove(): Promise<void> {
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    await removeFolder(this.folder);
  }
}
