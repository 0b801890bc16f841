import { readFileSync } from 'node:fs';
import {
  type Entry,
  local,
  type NetworkTransport,
  RemoteFixture,
  type UpstreamOptions,
} from '../helpers/servers/fixture.ts';
import { descendants } from '../helpers/system/processes.ts';

/** A server of the soak: how it is reached, and whether it is fair to expect answers of it. */
export class Member {
  readonly name: string;
  readonly remote: RemoteFixture | undefined;
  readonly #entry: () => Entry;
  /** Counts what was done to it; a call that sees another number at its end may have failed for that. */
  disturbances = 0;
  /** Something was done to it, and it has not answered since. */
  disturbed = false;

  constructor(name: string, entry: () => Entry, remote?: RemoteFixture) {
    this.name = name;
    this.#entry = entry;
    this.remote = remote;
  }

  get entry(): Entry {
    return this.#entry();
  }

  /** From here on until `calm` its failures are excused. */
  disturb(): void {
    this.disturbances++;
    this.disturbed = true;
  }

  calm(): void {
    this.disturbed = false;
  }

  /** Its running processes below the gateway, those of a shell around it included. */
  pids(gateway: number): number[] {
    return descendants(gateway).filter((pid) => commandOf(pid).includes(`"name":"${this.name}"`));
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** A server that the gateway starts over stdio. */
export function localMember(name: string, options: UpstreamOptions = {}, rest: object = {}): Member {
  return new Member(name, () => ({ ...local({ ...options, name }), ...rest }));
}

function behindShell(name: string): Member {
  const [node = '', ...args] = local({ name }).command as string[];
  return new Member(name, () => ({ type: 'local', command: ['sh', '-c', '"$@"; exit $?', 'sh', node, ...args] }));
}

async function remoteMember(name: string, transport: NetworkTransport, options: UpstreamOptions = {}): Promise<Member> {
  const fixture = await new RemoteFixture(transport, { ...options, name }).start();
  return new Member(name, () => fixture.entry(), fixture);
}

/** Ten servers: all transports, both generations of the SDK and none, well-behaved ones and others. */
export async function startFleet(): Promise<Member[]> {
  return [
    localMember('raw', { sdk: 'raw' }),
    localMember('older', { sdk: 'v1' }),
    localMember('newer', { sdk: 'v2' }),
    localMember('stubborn', { sdk: 'raw', ignoreSigterm: true }),
    localMember('many', { sdk: 'v1', toolCount: 300, pageSize: 50 }),
    behindShell('shell'),
    await remoteMember('http', 'http'),
    await remoteMember('http-newer', 'http', { sdk: 'v2' }),
    await remoteMember('sse', 'sse'),
    await remoteMember('ws', 'ws'),
  ];
}

export function endFleet(members: readonly Member[]): Promise<unknown> {
  return Promise.all(members.map(({ remote }) => remote?.kill()));
}
