import { join } from 'node:path';
import { BoundedMap } from '../../core/bounded-map.ts';
import {
  type Caller,
  type JobIdentity,
  type JobObserver,
  ownerOf,
  type ToolCall,
  type ToolResult,
} from '../../core/call.ts';
import { causeOf, GatewayError } from '../../core/errors.ts';
import type { ActivityObserver, Guard } from '../../core/guard.ts';
import type { ClientIdentity } from '../../core/peer.ts';
import type { Logger } from '../../platform/log.ts';
import { type Counts, countCall, countFailure, newCounts } from './counts.ts';
import { ListedTools } from './definition-tokens.ts';

interface UsageStatsOptions {
  /** True if the settings in effect switch counting on. */
  readonly isOn: () => boolean;
  /** Absolute path of the folder for `stats.json`. Absent: counts last for this run only. */
  readonly directory?: string | undefined;
  /** Keys of the servers that are configured now. */
  readonly servers: () => readonly string[];
  /** Tokens of our own definitions and instructions, which a client receives. */
  readonly ownTokens: () => number;
  readonly log: Logger;
}

/** Longest time in ms between a count and its write to the file: a killed process loses no more. */
const SAVE_AFTER_MS = 3_000;

/**
 * Counts what clients do and the tokens that the gateway saves them, session by session. Writes the counts to a file
 * every few seconds and logs those of an ended session at debug. Calls by commands of this process do not count, since
 * no client asked for them.
 */
export class UsageStats implements ActivityObserver, JobObserver {
  readonly guard: Guard;
  readonly #options: UsageStatsOptions;
  /** Counts of open sessions; the key is their owner. */
  readonly #sessions = new Map<string, Counts>();
  /** Counts of ended sessions that have not been logged yet. */
  readonly #ended: Counts[] = [];
  readonly #open = new OpenSearches();
  readonly #listed = new ListedTools();
  #unsaved = newCounts();
  #isServing = false;
  #hasUnsaved = false;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: UsageStatsOptions) {
    this.#options = options;
    this.guard = {
      policy: (next) => (call, context) => {
        const called = next(call, context);
        if (this.#isCounting) this.#countCall(ownerOf(context.caller), call, called);
        return called;
      },
      listed: (server, tools) => this.#listed.replace(server, tools),
      close: () => this.#close(),
    };
  }

  /** From now on clients are served, and calls are counted. */
  serve(): void {
    this.#isServing = true;
  }

  /** A client connects. Its session counts once it has introduced itself. */
  session(owner: string, introduced: Promise<ClientIdentity>): void {
    this.serve();
    void introduced.then(({ info }) => info && this.#beginSession(owner));
  }

  #beginSession(owner: string): void {
    if (!this.#isCounting) return;
    this.#sessions.set(owner, newCounts());
    // No save is scheduled for this: an idle gateway is not woken for it, and the first call or the end of the session
    // saves.
    this.#add(owner, (counts) => {
      counts.sessions++;
    });
  }

  /** The session of this owner has ended. */
  left(owner: string): void {
    this.#open.forget(owner);
    const session = this.#sessions.get(owner);
    if (!session) return;
    this.#sessions.delete(owner);
    this.#ended.push(session);
    this.#saveSoon();
  }

  searched(owner: string, shown: readonly string[]): void {
    if (!this.#isCounting) return;
    if (shown.length > 0) this.#open.add(owner, shown);
    this.#count(owner, (counts) => {
      counts.searches++;
      if (shown.length === 0) counts.foundNothing++;
    });
  }

  submitted({ owner }: JobIdentity): void {
    this.#count(owner, (counts) => {
      counts.jobs++;
    });
  }

  /** Counts the call at once, and its failure when it fails. The caller waits for neither. */
  #countCall(owner: string, { tool }: ToolCall, called: Promise<ToolResult>): void {
    const led = this.#open.called(owner, tool.id);
    this.#count(owner, (counts) => {
      countCall(counts, tool);
      counts.ledToCall += led;
    });
    const failed = (code: string) => this.#count(owner, (counts) => countFailure(counts, code, tool));
    called.then(
      ({ isError }) => isError === true && failed('tool_error'),
      (error: unknown) => {
        const code = error instanceof GatewayError ? error.code : 'INTERNAL';
        // A caller that cancels has met no failure.
        if (code !== 'CANCELLED') failed(code);
      },
    );
  }

  /** Counts a call that was refused before it reached a tool. */
  refused(caller: Caller, _tool: string, { code }: GatewayError): void {
    this.#count(ownerOf(caller), (counts) => {
      countCall(counts);
      countFailure(counts, code);
    });
  }

  async #close(): Promise<void> {
    for (const owner of [...this.#sessions.keys()]) this.left(owner);
    await this.#save();
    clearTimeout(this.#timer);
  }

  get #isCounting(): boolean {
    return this.#isServing && this.#options.isOn();
  }

  #count(owner: string, change: (counts: Counts) => void): void {
    if (!this.#isCounting) return;
    this.#add(owner, change);
    this.#saveSoon();
  }

  #add(owner: string, change: (counts: Counts) => void): void {
    change(this.#unsaved);
    const session = this.#sessions.get(owner);
    if (session) change(session);
    this.#hasUnsaved = true;
  }

  #saveSoon(): void {
    this.#timer ??= setTimeout(() => void this.#save(), SAVE_AFTER_MS).unref();
  }

  /** Saves run one after the other. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveNow());
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ended = this.#ended.splice(0);
    if (!this.#isCounting) return this.#drop();
    await this.#addSavedTokens([...this.#sessions.values(), ...ended]);
    for (const session of ended) this.#options.log.debug('receipt', logFieldsOf(session));
    const { directory } = this.#options;
    if (!this.#hasUnsaved || directory === undefined) return;
    const counts = this.#unsaved;
    this.#unsaved = newCounts();
    this.#hasUnsaved = false;
    try {
      const { addToStats } = await import('./stats-file.ts');
      await addToStats(join(directory, 'stats.json'), counts);
    } catch (error) {
      const { addCounts } = await import('./add-counts.ts');
      addCounts(this.#unsaved, counts);
      this.#hasUnsaved = true;
      this.#options.log.debug('counts not kept', { error: causeOf(error) });
    }
  }

  /** Drops all counts: counting was switched off meanwhile. */
  #drop(): void {
    this.#unsaved = newCounts();
    this.#hasUnsaved = false;
    this.#sessions.clear();
  }

  /** Adds the tokens saved to each session. They grow with the tools that become known while it lasts. */
  async #addSavedTokens(sessions: readonly Counts[]): Promise<void> {
    if (sessions.length === 0) return;
    const spared = Math.max(0, (await this.#listed.tokens(this.#options.servers())) - this.#options.ownTokens());
    for (const counts of sessions) {
      const more = spared - counts.tokensNotSent;
      if (more <= 0) continue;
      counts.tokensNotSent += more;
      this.#unsaved.tokensNotSent += more;
      this.#hasUnsaved = true;
    }
  }
}

/** Counts of a session as fields of the log. */
function logFieldsOf({ failures, servers: _servers, tools: _tools, ...sums }: Counts) {
  return { ...sums, failures: Object.fromEntries(failures) };
}

/** Most callers, and most searches of one caller, that are remembered; the oldest are dropped first. */
const MAX_CALLERS = 1_000;
const MAX_SEARCHES = 50;

/** Searches that have led to no call so far, by owner. */
class OpenSearches {
  /** The tools that each search showed, by the number of the search, by the owner. */
  readonly #shown = new BoundedMap<string, BoundedMap<number, ReadonlySet<string>>>({ maxEntries: MAX_CALLERS });
  #searches = 0;

  /** Records a search of this owner that showed these tools. */
  add(owner: string, shown: readonly string[]): void {
    const own = this.#shown.get(owner) ?? new BoundedMap({ maxEntries: MAX_SEARCHES });
    own.set(this.#searches++, new Set(shown));
    this.#shown.set(owner, own);
  }

  /** Closes the owner's searches that have led to a call of this tool; returns their number. */
  called(owner: string, tool: string): number {
    const own = this.#shown.get(owner);
    const led = [...(own ?? [])].filter(([, shown]) => shown.has(tool));
    for (const [search] of led) own?.delete(search);
    return led.length;
  }

  /** Drops the searches of an owner that has left. */
  forget(owner: string): void {
    this.#shown.delete(owner);
  }
}
