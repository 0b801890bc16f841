import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { claudeCode } from './claude-code.ts';
import type { Host } from './host.ts';
import { HostHome } from './host-home.ts';
import { opencode } from './opencode.ts';

export const HOSTS: readonly Host[] = [claudeCode, opencode];

/** Servers and their tools: four in both hosts, and one more in each. */
const SHARED = {
  pictures: ['image'],
  weather: ['structured', 'add'],
  slow: ['progress', 'hang'],
  notes: ['echo', 'ask'],
};
const OWN: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'claude-code': { ...SHARED, mail: ['pid'] },
  opencode: { ...SHARED, music: ['cwd'] },
};

/** What the gateway has of both, in the order of the alphabet. */
export const SERVERS = ['mail', 'music', 'notes', 'pictures', 'slow', 'weather'];

/** A machine with both hosts, of five servers each, as it is before anybody has heard of the gateway. */
export class Machine {
  readonly home = new HostHome();
  readonly #before = new Map<Host, string>();

  constructor() {
    for (const host of HOSTS) {
      const servers = Object.entries(OWN[host.id] ?? {}).map(([name, tools]) => [name, this.home.server(name, tools)]);
      const text = host.settings.text(Object.fromEntries(servers));
      this.#before.set(host, text);
      this.home.write(host.settings.path, text);
    }
  }

  /** The three commands; `more` goes to each `install`. */
  move(more: (host: Host) => readonly string[] = () => []): void {
    this.home.gateway('import', '--yes');
    for (const host of HOSTS) this.home.gateway('install', host.id, '--yes', ...more(host));
  }

  /** Rules of the gateway from now on, until the answer is called. */
  permit(permissions: readonly JsonObject[]): () => void {
    const path = '.config/mcp-gateway/config.json';
    const before = this.home.read(path);
    const config = JSON.parse(before);
    this.home.write(path, JSON.stringify({ ...config, $gateway: { ...config.$gateway, permissions } }));
    return () => this.home.write(path, before);
  }

  moveBack(): void {
    for (const host of HOSTS) this.home.gateway('install', host.id, '--undo', '--yes');
  }

  /** The text of a host's file now, and as it was. */
  settings(host: Host): { readonly now: string; readonly before: string } {
    return { now: this.home.read(host.settings.path), before: this.#before.get(host) ?? '' };
  }

  /** The servers in a host's file now, and as it was. */
  servers(host: Host): { readonly now: JsonObject; readonly before: JsonObject } {
    const { now, before } = this.settings(host);
    return { now: JSON.parse(now)[host.settings.at], before: JSON.parse(before)[host.settings.at] };
  }

  /** Arguments of the calls that a tool of the servers has got, in order. */
  calls(tool: string): JsonObject[] {
    const calls = this.home.events('call').filter((event) => event.tool === tool);
    return calls.map(({ args }) => args).filter(isJsonObject);
  }
}
