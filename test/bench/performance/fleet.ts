import { SERVERS } from './catalog.mjs';
import type { Laboratory } from './laboratory.ts';
import { onLines } from './lines.mjs';
import { UPSTREAM } from './paths.ts';

/** An entry of a configuration, as the gateway and the relay both read it. */
export type Server =
  | { readonly type: 'local'; readonly command: readonly string[] }
  | { readonly type: 'remote'; readonly url: string; readonly transport: 'streamable_http' };

/** Servers by key. */
export type Fleet = Readonly<Record<string, Server>>;

/** So many servers with so many tools each, beside `echo`, `sized` and a lighthouse. */
export function fleet(servers: number, tools: number): Fleet {
  return Object.fromEntries(SERVERS.slice(0, servers).map((name) => [name, localServer(name, tools)]));
}

/** One server that is started by whoever uses it. */
export function localServer(name: string, tools = 0): Server {
  return { type: 'local', command: [process.execPath, UPSTREAM, JSON.stringify({ name, tools })] };
}

/** One server that runs already, behind Streamable HTTP; it ends with the laboratory. */
export async function startHttpServer(lab: Laboratory, name: string): Promise<Server> {
  const { child } = lab.start([process.execPath, UPSTREAM, JSON.stringify({ name, tools: 0, http: true })]);
  const url = await new Promise<string>((resolve) => onLines(child.stdout, resolve));
  return { type: 'remote', url, transport: 'streamable_http' };
}
