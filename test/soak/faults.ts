import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { waitUntil } from '../helpers/system/processes.ts';
import { localMember, type Member } from './fleet.ts';
import type { Soak } from './traffic.ts';

export interface Faulty extends Soak {
  /** Pid of the gateway. */
  readonly gateway: number;
  readonly configFile: string;
}

interface Fault {
  readonly name: string;
  readonly weight: number;
  readonly inflict: (soak: Faulty) => Promise<void>;
}

/** A server that was disturbed answers again within this time: back-off, start and a busy machine included. */
const RECOVERY_MS = 120_000;
/** A change of a list or of the file is taken over within this time. */
const TAKEN_OVER_MS = 30_000;
/** Servers that may be disturbed at one time, so that most of the traffic has to be right. */
const MAX_DISTURBED = 3;

/** Inflicts one random fault. Resolves when it is over; complains when what was disturbed does not come back. */
export async function inflictOne(soak: Faulty): Promise<void> {
  const { random, tally, members } = soak;
  if (members.filter(({ disturbed }) => disturbed).length >= MAX_DISTURBED) return;
  const fault = random.weighted(FAULTS);
  tally.fault(fault.name);
  await fault.inflict(soak).catch((error: Error) => tally.complain(`fault "${fault.name}": ${error.message}`));
}

/** The configuration of these servers, written as editors do: a new file, renamed over the old one. */
export function writeConfig(members: readonly Member[], configFile: string): void {
  const servers = Object.fromEntries(members.map(({ name, entry }) => [name, entry]));
  replaceFile(configFile, JSON.stringify({ $gateway: { jobs: { concurrency: 8 } }, ...servers }));
}

function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** One that is calm, of those that fit; undefined when there is none. */
function victim({ members, random }: Soak, fits: (member: Member) => boolean): Member | undefined {
  const calm = members.filter((member) => !member.disturbed && fits(member));
  return calm.length > 0 ? random.pick(calm) : undefined;
}

async function disturb(
  member: Member | undefined,
  soak: Faulty,
  act: (member: Member) => Promise<void>,
): Promise<void> {
  if (!member) return;
  member.disturb();
  await act(member);
  await waitUntil(() => answers(member, soak), { timeoutMs: RECOVERY_MS, what: `${member.name} answers again` });
  member.calm();
}

async function answers({ name }: Member, { calls }: Soak): Promise<boolean> {
  await delay(100);
  const result = await calls.call('invoke', { id: `${name}::add`, args: { a: 1, b: 2 }, timeoutMs: 5_000 });
  return JSON.stringify(result).includes('"text":"3"');
}

const isLocal = ({ remote }: Member) => remote === undefined;
const isRemote = ({ remote }: Member) => remote !== undefined;

function signal(member: Member, name: NodeJS.Signals, { gateway }: Faulty): void {
  for (const pid of member.pids(gateway)) process.kill(pid, name);
}

const kill = (soak: Faulty) => disturb(victim(soak, isLocal), soak, async (member) => signal(member, 'SIGKILL', soak));

const crash = (soak: Faulty) =>
  disturb(victim(soak, isLocal), soak, async ({ name }) => {
    await soak.calls.invoke(`${name}::crash`);
  });

const hang = (soak: Faulty) =>
  disturb(victim(soak, isLocal), soak, async (member) => {
    signal(member, 'SIGSTOP', soak);
    await delay(soak.random.whole(200, 4_000));
    signal(member, 'SIGCONT', soak);
  });

const restart = (soak: Faulty) =>
  disturb(victim(soak, isRemote), soak, async ({ remote }) => {
    await remote?.kill();
    await delay(soak.random.whole(0, 2_000));
    await remote?.start();
  });

const flood = (soak: Faulty) =>
  withVictim(soak, async ({ name }) => {
    await soak.calls.invoke(`${name}::flood_stderr`, { bytes: 500_000 });
  });

/** Many changes of a list at once; the last of them is found, and later gone. */
const storm = (soak: Faulty) =>
  withVictim(soak, async ({ name }) => {
    const names = Array.from({ length: 30 }, (_, index) => `stormy_${soak.random.whole(0, 1e9)}_${index}`);
    const { calls } = soak;
    await Promise.all(names.map((tool) => calls.invoke(`${name}::add_tool`, { name: tool })));
    await known(`${name}::${names.at(-1)}`, true, soak);
    await Promise.all(names.map((tool) => calls.invoke(`${name}::remove_tool`, { name: tool })));
    await known(`${name}::${names.at(-1)}`, false, soak);
  });

/** Does something to a server that it should take; what it could not because of another fault is nobody's. */
async function withVictim(soak: Faulty, act: (member: Member) => Promise<void>): Promise<void> {
  const member = victim(soak, isLocal);
  if (!member) return;
  const { disturbances } = member;
  await act(member).catch((error: unknown) => {
    if (member.disturbances === disturbances) throw error;
  });
}

async function known(id: string, expected: boolean, { calls }: Soak): Promise<void> {
  const isKnown = async () => (await calls.call('describe', { id })).isError !== true;
  const what = `${id} is ${expected ? 'known' : 'forgotten'}`;
  await waitUntil(async () => (await isKnown()) === expected, { timeoutMs: TAKEN_OVER_MS, what });
}

let edits = 0;
let editing: Promise<void> = Promise.resolve();

/** Edits of the file come one after another, as one person makes them. */
function edit(soak: Faulty): Promise<void> {
  editing = editing.catch(() => {}).then(() => editOnce(soak));
  return editing;
}

/** A server more, found and used; a broken file in between; and the server gone again. The others go on as before. */
async function editOnce(soak: Faulty): Promise<void> {
  const { members, configFile, calls } = soak;
  const extra = localMember(`extra-${++edits}`, { sdk: 'raw' });
  writeConfig([...members, extra], configFile);
  await known(`${extra.name}::echo`, true, soak);
  replaceFile(configFile, '{"broken": ');
  const args: JsonObject = { n: edits };
  const result = await calls.invoke(`${extra.name}::echo`, args);
  if (!JSON.stringify(result).includes(JSON.stringify(JSON.stringify(args)))) throw new Error(JSON.stringify(result));
  writeConfig(members, configFile);
  await known(`${extra.name}::echo`, false, soak);
}

const FAULTS: readonly Fault[] = [
  { name: 'kill', weight: 4, inflict: kill },
  { name: 'crash', weight: 3, inflict: crash },
  { name: 'hang', weight: 4, inflict: hang },
  { name: 'restart', weight: 4, inflict: restart },
  { name: 'flood of stderr', weight: 2, inflict: flood },
  { name: 'list_changed storm', weight: 3, inflict: storm },
  { name: 'config edit', weight: 2, inflict: edit },
];
