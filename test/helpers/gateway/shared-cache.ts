import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { removeFolder } from '../system/folders.ts';
import { waitUntil } from '../system/processes.ts';

/** The cache that several gateways of a test share, and what they remember in it of servers. */
export class SharedCache {
  readonly env: { readonly XDG_CACHE_HOME: string };
  readonly directory: string;

  constructor() {
    const home = mkdtempSync(join(tmpdir(), 'mcp-gateway-cache-'));
    // A file may still be put there while the directory goes.
    onTestFinished(() => removeFolder(home));
    this.env = { XDG_CACHE_HOME: home };
    this.directory = join(home, 'mcp-gateway', 'servers');
  }

  /** Absolute paths of the files. */
  files(): string[] {
    return readdirSync(this.directory).map((name) => join(this.directory, name));
  }

  /** Changes what every file says. */
  rewrite(change: (file: JsonObject) => unknown): void {
    for (const path of this.files()) {
      const changed = change(JSON.parse(readFileSync(path, 'utf8')));
      writeFileSync(path, typeof changed === 'string' ? changed : JSON.stringify(changed));
    }
  }

  /** Waits until something of a server, beside its tools, is remembered. */
  async holds(text: string): Promise<void> {
    const found = () => this.files().some((path) => readFileSync(path, 'utf8').includes(text));
    await waitUntil(found, { what: `${text} is remembered` });
  }
}

const HOUR_MS = 3_600_000;

/** As if it had been learnt so many hours earlier. */
export const aged = (hours: number) => (file: JsonObject) => ({
  ...file,
  learntAt: Number(file.learntAt) - hours * HOUR_MS,
});
