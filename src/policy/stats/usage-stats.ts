import { join } from 'node:path';
import { BoundedMap } from '../../core/bounded-map.ts';
import { type Caller, ownerOf, type ToolCall, type ToolResult } from '../../core/call.ts';
import { causeOf, GatewayError } from '../../core/errors.ts';
import type { ActivityObserver, Guard } from '../../core/guard.ts';
import type { ClientIdentity } from '../../core/peer.ts';
import type { Logger } from '../../platform/log.ts';
import { type Counts, countCall, countFailure, newCounts } from './counts.ts';
import { ListedTools } from './definition-tokens.ts';

interface UsageStatsOptions {
  /** Whether to count, by the settings as they are now. */
  readonly isOn: () => boolean;
  /** Absolute; absent: counted for this run only. */
  readonly directory?: string | undefined;
  /** Keys of the servers that are configured now. */
  readonly servers: () => readonly string[];
  /** Tokens of what a client is sent of our own. */
  readonly ownTokens: () => number;
  readonly log: Logger;
}

/** What is counted is kept this long after, in ms: so much is lost at most when the process is killed. */
const SAVE_AFTER_MS = 3_000;

/**
 * Counts what clients do and what the gateway spares them, session by session; adds it to a file now and then, and says
 * at debug what a session came to. Calls by commands of this process, which no client asked for, do not count.
 */
export class UsageStats implements ActivityObserver {
  readonly guard: Guard;
  readonly #options: UsageStatsOptions;
  /** What was counted in the sessions that last, by whose they are. */
  readonly #sessions = new Map<string, Counts>();
  /** The same of those that have ended, and not been said yet. */
  readonly #ended: Counts[] = [];
  readonly #open = new OpenSearches();
  readonly #listed = new ListedTools();
  #unsaved = newCounts();
  #isServing = false;
  #hasNews = false;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: UsageStatsOptions) {
    this.#options = options;
    this.guard = {
      policy: (next) => (call, context) => {
        const called = next(call, context);
        if (this.#isCounting) this.#called(ownerOf(context.caller), call, called);
        return called;
      },
      listed: (server, tools) => this.#listed.replace(server, tools),
      close: () => this.#close(),
    };
  }

  /** Clients are served from now on: what is called is called for them. */
  serve(): void {
    this.#isServing = true;
  }

  /** A client is served, and has a session as soon as it has said who it is. */
  session(owner: string, introduced: Promise<ClientIdentity>): void {
    this.serve();
    void introduced.then(({ info }) => info && this.#joined(owner));
  }

  #joined(owner: string): void {
    if (!this.#isCounting) return;
    this.#sessions.set(owner, newCounts());
    // That can wait for its first call, or its end: a gateway that stands idle is not woken to write it down.
    this.#add(owner, (counts) => {
      counts.sessions++;
    });
  }

  /** The session of that caller has ended. */
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

  submitted(owner: string): void {
    this.#count(owner, (counts) => {
      counts.jobs++;
    });
  }

  /** The call counts at once, how it fails when it does: the caller waits for neither. */
  #called(owner: string, { tool }: ToolCall, called: Promise<ToolResult>): void {
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
        // Whoever gives up has not been failed.
        if (code !== 'CANCELLED') failed(code);
      },
    );
  }

  /** A call was refused before it was on its way. */
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
    this.#hasNews = true;
  }

  #saveSoon(): void {
    this.#timer ??= setTimeout(() => void this.#save(), SAVE_AFTER_MS).unref();
  }

  /** One at a time. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveNow());
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ended = this.#ended.splice(0);
    if (!this.#isCounting) return this.#drop();
    await this.#credit([...this.#sessions.values(), ...ended]);
    for (const session of ended) this.#options.log.debug('receipt', receiptOf(session));
    const { directory } = this.#options;
    if (!this.#hasNews || directory === undefined) return;
    const counts = this.#unsaved;
    this.#unsaved = newCounts();
    this.#hasNews = false;
    try {
      const { addToStats } = await import('./stats-file.ts');
      await addToStats(join(directory, 'stats.json'), counts);
    } catch (error) {
      const { addCounts } = await import('./add-counts.ts');
      addCounts(this.#unsaved, counts);
      this.#hasNews = true;
      this.#options.log.debug('counts not kept', { error: causeOf(error) });
    }
  }

  /** It was switched off meanwhile. */
  #drop(): void {
    this.#unsaved = newCounts();
    this.#hasNews = false;
    this.#sessions.clear();
  }

  /** What sessions were spared grows with the tools that come to be known while they last. */
  async #credit(sessions: readonly Counts[]): Promise<void> {
    if (sessions.length === 0) return;
    const spared = Math.max(0, (await this.#listed.tokens(this.#options.servers())) - this.#options.ownTokens());
    for (const counts of sessions) {
      const more = spared - counts.tokensNotSent;
      if (more <= 0) continue;
      counts.tokensNotSent += more;
      this.#unsaved.tokensNotSent += more;
      this.#hasNews = true;
    }
  }
}

/** What a session came to, for the log. */
function receiptOf({ failures, servers: _servers, tools: _tools, ...sums }: Counts) {
  return { ...sums, failures: Object.fromEntries(failures) };
}

/** Callers, and searches of one of them, that are kept in mind at most; the oldest are forgotten first. */
const MAX_CALLERS = 1_000;
const MAX_SEARCHES = 50;

/** Searches that have led to no call so far, caller by caller. */
class OpenSearches {
  /** The tools that each search showed, by the number of the search, by the owner. */
  readonly #shown = new BoundedMap<string, BoundedMap<number, ReadonlySet<string>>>({ maxEntries: MAX_CALLERS });
  #searches = 0;

  /** Adds a search of that caller, which showed these tools. */
  add(owner: string, shown: readonly string[]): void {
    const own = this.#shown.get(owner) ?? new BoundedMap({ maxEntries: MAX_SEARCHES });
    own.set(this.#searches++, new Set(shown));
    this.#shown.set(owner, own);
  }

  /** Closes the searches of a caller that have led to a call of this tool; returns their number. */
  called(owner: string, tool: string): number {
    const own = this.#shown.get(owner);
    const led = [...(own ?? [])].filter(([, shown]) => shown.has(tool));
    for (const [search] of led) own?.delete(search);
    return led.length;
  }

  /** The caller has gone. */
  forget(owner: string): void {
    this.#shown.delete(owner);
  }
}
