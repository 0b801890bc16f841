import { MAX_TIMER_MS, withTimeout } from '../core/abort.ts';
import {
  type CallContext,
  type Caller,
  type CallTool,
  ownerOf,
  type ProtocolParams,
  type ToolCall,
  type ToolResult,
} from '../core/call.ts';
import { clip, GatewayError } from '../core/errors.ts';
import { holdsFiller } from '../core/filler.ts';
import type { Guard } from '../core/guard.ts';
import type { JsonObject } from '../core/json.ts';
import { FIRST_CONNECT_WAIT_MS, isAvailable, serverState, stands } from '../core/server-state.ts';
import { describedTool, type ToolEntry } from '../core/tool.ts';
import { deprecationOf } from '../search/deprecation.ts';
import { signature } from '../search/signature.ts';
import { checkArguments } from './arguments/check-arguments.ts';
import type { MendedArguments } from './arguments/mend-arguments.ts';
import { Finder, type FinderParts, type SearchRequest } from './finder.ts';
import type { Job, RunJob } from './jobs/job.ts';
import type { Jobs } from './jobs/jobs.ts';
import { describeAbsent, disabledServer, type Unavailable, unavailableServers } from './unavailable.ts';

export type { Unavailable } from './unavailable.ts';

export interface BrokerParts extends FinderParts {
  readonly jobs: Jobs;
  /** Sends a call through the pipeline of the composition root to its server. */
  readonly call: CallTool;
  /** Lets a call begin; see `Guard.admit`. */
  readonly admit?: Guard['admit'];
  /** Called for a call that was refused before it entered the pipeline. */
  readonly refused?: (caller: Caller, tool: string, error: GatewayError) => void;
}

export interface InvokeRequest {
  readonly id: string;
  readonly args: JsonObject;
  /** Deadline in ms; absent: that of the server's entry, else the default of the verb. */
  readonly timeoutMs?: number;
  readonly protocol?: ProtocolParams;
}

export interface JobRequest extends InvokeRequest {
  /** Higher ones run first. */
  readonly priority: number;
}

/** A job as it is now; `position` 1 is the next to run. */
export interface JobView {
  readonly job: Job;
  readonly position?: number;
}

/** Outcome of a call that may be handed over to a job. */
export type Invoked = { readonly result: ToolResult } | { readonly handedOver: JobView };

/** Deadlines in ms if neither the caller nor the server's entry gives one. */
const INVOKE_TIMEOUT_MS = 30_000;
const JOB_TIMEOUT_MS = 3_600_000;

interface Resolved {
  readonly tool: ToolEntry;
  /** Time in ms that a person took to log in first, which does not count as the call's time. */
  readonly askedMs: number;
}

/** The gateway's five verbs. This class knows nothing of MCP, HTTP, files or metrics. */
export class Broker {
  readonly #parts: BrokerParts;
  readonly #finder: Finder;

  constructor(parts: BrokerParts) {
    this.#parts = parts;
    this.#finder = new Finder(parts);
  }

  /** Finds the tools that fit one or several needs, or lists servers or tools; see `Finder`. */
  search(request: SearchRequest, caller: Caller): Promise<JsonObject> {
    return this.#finder.search(request, caller);
  }

  /**
   * Returns the server's own definition of a tool, with the server's key, whether it can be called now, warnings, and
   * whether it is deprecated.
   */
  async describe(id: string, caller: Caller): Promise<JsonObject> {
    const { tool: entry } = await this.#resolve(id, caller, FIRST_CONNECT_WAIT_MS);
    const state = this.#parts.upstreams.state(entry.server);
    const available = isAvailable(state);
    const warnings = this.#parts.remarks(entry);
    const own = {
      available,
      ...(!available && { state: serverState(state) }),
      ...(warnings.length > 0 && { warnings }),
    };
    const deprecated = deprecationOf(entry, (other) => this.#find(other, caller));
    // A member of this name in the definition stays: it says the same of the server's own tool.
    const definition = deprecated === undefined ? entry.definition : { deprecated, ...entry.definition };
    return describedTool({ id, server: entry.server, ...own }, definition);
  }

  /** Calls a tool and resolves with the server's own result. */
  async invoke(request: InvokeRequest, context: CallContext): Promise<ToolResult> {
    const prepared = this.#prepared(request, context, INVOKE_TIMEOUT_MS);
    // Most calls wait for nothing here, and an `await` costs each of them a turn of the queue of microtasks.
    return await this.#parts.call(prepared instanceof Promise ? await prepared : prepared, context);
  }

  /**
   * Calls a tool as `invoke` does, but hands the call over to a job if it has not ended after `waitMs`: the call goes
   * on, and from then on belongs to the job.
   */
  async invokeWithin(request: InvokeRequest, waitMs: number, context: CallContext): Promise<Invoked> {
    const { caller } = context;
    const startedAt = Date.now();
    const abort = new AbortController();
    const giveUp = () => abort.abort(context.signal.reason);
    context.signal.addEventListener('abort', giveUp, { once: true });
    if (context.signal.aborted) giveUp();
    let onProgress = context.onProgress;
    const call = await this.#prepared(request, context, JOB_TIMEOUT_MS);
    const execution = this.#parts.call(call, {
      ...context,
      signal: abort.signal,
      onProgress: (progress) => onProgress?.(progress),
    });
    try {
      const result = await within(execution, waitMs);
      if (result) return { result };
    } finally {
      context.signal.removeEventListener('abort', giveUp);
    }
    const { job, progress } = this.#parts.jobs.adopt(
      ownerOf(caller),
      { tool: call.tool.id, observer: context.tracking },
      { startedAt, abort, execution },
    );
    onProgress = progress;
    return { handedOver: { job } };
  }

  /** Starts a call in the background. An unknown tool or a full queue fails at once. */
  async invokeAsync(request: JobRequest, context: CallContext): Promise<JobView> {
    const { caller, tracking } = context;
    const call = await this.#prepared(request, context, JOB_TIMEOUT_MS);
    const label = { tool: call.tool.id, observer: tracking };
    try {
      return this.#view(
        this.#parts.jobs.submit(ownerOf(caller), label, request.priority, this.#inBackground(call, context)),
      );
    } catch (error) {
      throw this.#noted(request.id, caller, error);
    }
  }

  /**
   * Starts a call as `invokeAsync` does, as the job that it was in a daemon that died. The job exists at once, since
   * its caller knows its id: a refused call becomes a failed job.
   */
  resumeJob(jobId: string, request: JobRequest, context: CallContext): JobView {
    const { caller, peer, tracking } = context;
    const label = { tool: request.id, observer: tracking };
    const held = this.#parts.jobs.hold(jobId, ownerOf(caller), label, request.priority);
    // The request that asked for the job was answered before: the job's own signal ends it now.
    this.#preparedLater(request, { caller, signal: held.signal, peer, tracking }, [Date.now(), JOB_TIMEOUT_MS])
      .then((call) => held.queue(this.#inBackground(call, context)))
      .catch((error: unknown) => held.fail(error));
    return this.#view(held.job);
  }

  /** Resolves with the job as it is after waiting up to `waitMs` for its end, or after cancelling it. */
  async jobStatus(
    request: { readonly jobId: string; readonly waitMs: number; readonly cancel: boolean },
    context: CallContext,
  ): Promise<JobView> {
    const { jobs } = this.#parts;
    const owner = ownerOf(context.caller);
    const job = request.cancel
      ? jobs.cancel(request.jobId, owner)
      : await jobs.wait(request.jobId, owner, request.waitMs, context.signal);
    return this.#view(job);
  }

  /**
   * Waits as a search does until the tools of these servers are known; resolves with the servers that cannot be asked.
   */
  awaited(concerned: (server: string) => boolean): Promise<readonly Unavailable[]> {
    return this.#finder.awaited(concerned);
  }

  /**
   * Prepares the call of a request: finds its tool, fits its arguments and has it admitted. Returns a promise only if
   * something has to be waited for.
   */
  #prepared(request: InvokeRequest, context: CallContext, fallbackMs: number): ToolCall | Promise<ToolCall> {
    const times: Times = [Date.now(), fallbackMs];
    const tool = this.#find(request.id, context.caller);
    if (!tool || !fitsAsItIs(tool, request.args)) return this.#preparedLater(request, context, times);
    return this.#admitted(this.#toolCall(tool, request, context.caller, request, times), context);
  }

  /** Prepares a call whose tool is not known yet, or whose arguments have to be changed. */
  async #preparedLater(
    request: InvokeRequest,
    context: CallContext,
    [startedAt, fallbackMs]: Times,
  ): Promise<ToolCall> {
    const { caller } = context;
    const waitMs = request.timeoutMs ?? INVOKE_TIMEOUT_MS;
    const prepared = async () => {
      const { tool, askedMs } = await this.#resolve(request.id, caller, waitMs, context);
      const fitting = await fitted(tool, request.args);
      return this.#toolCall(tool, request, caller, fitting, [startedAt + askedMs, fallbackMs]);
    };
    return this.#admitted(await this.#noting(request.id, caller, prepared()), context);
  }

  /** Has a call admitted: returns a promise only if somebody has to be asked. */
  #admitted(call: ToolCall, context: CallContext): ToolCall | Promise<ToolCall> {
    const asked = this.#parts.admit?.(call, context);
    if (!asked) return call;
    const after = asked.then((ms) => ({ ...call, startedAt: call.startedAt + ms }));
    return this.#noting(call.tool.id, context.caller, after);
  }

  #noting<T>(tool: string, caller: Caller, work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      throw this.#noted(tool, caller, error);
    });
  }

  /** Returns the call as a job runs it: its deadline runs from its start, not from the time at which it was queued. */
  #inBackground(call: ToolCall, { caller, peer, tracking }: CallContext): RunJob {
    return (signal, onProgress) =>
      this.#parts.call(
        { ...call, background: true, startedAt: Date.now() },
        { caller, signal, onProgress, peer, tracking },
      );
  }

  /** Tells `refused` of a refused call, and returns the error. */
  #noted(tool: string, caller: Caller, error: unknown): unknown {
    if (error instanceof GatewayError) this.#parts.refused?.(caller, tool, error);
    return error;
  }

  #view(job: Job): JobView {
    const position = this.#parts.jobs.position(job);
    return { job, ...(position !== undefined && { position }) };
  }

  #find(id: string, caller: Caller): ToolEntry | undefined {
    const entry = this.#parts.catalog.get(id);
    return entry && this.#parts.visible(caller, entry) ? entry : undefined;
  }

  /**
   * Finds the tool of an id. If it is unknown, waits for the first connect of its server, and within a call for a
   * person to log in. Throws `TOOL_NOT_FOUND`.
   */
  async #resolve(id: string, caller: Caller, waitMs: number, call?: CallContext): Promise<Resolved> {
    const known = this.#find(id, caller);
    if (known) return { tool: known, askedMs: 0 };
    const candidates = this.#parts.upstreams.all().filter((upstream) => id.startsWith(`${upstream.config.key}::`));
    // A server that does not run may have got further tools since its catalog was remembered.
    for (const upstream of candidates) upstream.wake();
    const settled = (until: AbortSignal) => Promise.all(candidates.map((upstream) => upstream.settled(until)));
    if (candidates.length > 0) await withTimeout(waitMs, settled, call?.signal);
    const settledAt = Date.now();
    const locked = candidates.filter(({ state }) => state.status === 'needs_auth');
    if (call && !this.#find(id, caller)) await Promise.all(locked.map((upstream) => upstream.logIn(call)));
    const tool = this.#find(id, caller);
    if (tool) return { tool, askedMs: Date.now() - settledAt };
    throw this.#unknown(id, caller);
  }

  /** Says which of these servers do not exist or are switched off; empty if none is. */
  absent(servers: readonly string[]): string {
    return describeAbsent(this.#parts, servers);
  }

  #unknown(id: string, caller: Caller): GatewayError {
    const { upstreams, catalog, notices, visible } = this.#parts;
    const off = notices().disabled?.find((key) => id.startsWith(`${key}::`));
    if (off !== undefined) {
      const text = `no tool "${clip(id, 120)}"; ${disabledServer(off)}`;
      return new GatewayError('TOOL_NOT_FOUND', text, { details: { nearest: [] } });
    }
    const server = upstreams.all().find(({ config }) => id.startsWith(`${config.key}::`))?.config.key;
    // If the server exists, the caller hardly means a tool of another one.
    const likely = (entry: ToolEntry) => visible(caller, entry) && (!server || entry.server === server);
    const nearest = catalog.nearestIds(id, likely);
    const missing = unavailableServers(this.#parts, (server) => id.startsWith(`${server}::`))[0];
    const known = missing || (server !== undefined && this.#mayKnow(server, caller));
    const nobody = !known && id.includes('::') ? [`there is no server "${clip(id.split('::', 1)[0] ?? '', 60)}"`] : [];
    const leftOut = server === undefined ? undefined : this.#whyLeftOut(id, server, caller);
    const why = leftOut
      ? `server "${server}" lists it, but it was left out: ${leftOut}`
      : missing
        ? `server "${missing.server}" ${stands(missing.state)}${missing.error ? ` (${missing.error})` : ''}`
        : nearest.length > 0
          ? `did you mean ${nearest.map((each) => `"${clip(each)}"`).join(', ')}?`
          : (notices().hint ?? 'use search to find tools');
    const text = [`no tool "${clip(id, 120)}"`, ...nobody, why].join('; ');
    return new GatewayError('TOOL_NOT_FOUND', text, { details: { nearest } });
  }

  /**
   * Returns the reason why the gateway left out a tool that its server lists; undefined if it did not, or if the caller
   * may not know of the tool.
   */
  #whyLeftOut(id: string, server: string, caller: Caller): string | undefined {
    const { upstreams, visible } = this.#parts;
    const upstream = upstreams.get(server);
    const name = id.slice(server.length + 2);
    const why = upstream?.leftOut.get(name);
    if (!upstream || why === undefined) return undefined;
    const entry = { id, server, tags: upstream.config.tags, definition: { name, inputSchema: {} } };
    return visible(caller, entry) ? why : undefined;
  }

  /** True if a caller may know of a server: false if it has tools and all of them are hidden from the caller. */
  #mayKnow(server: string, caller: Caller): boolean {
    const tools = this.#parts.catalog.toolsOf(server);
    return tools.length === 0 || tools.some((tool) => this.#parts.visible(caller, tool));
  }

  #toolCall(
    tool: ToolEntry,
    request: InvokeRequest,
    caller: Caller,
    { args, mended = [] }: Partial<MendedArguments> & Pick<MendedArguments, 'args'>,
    [startedAt, fallbackMs]: Times,
  ): ToolCall {
    this.#parts.usage?.invoked(ownerOf(caller), tool.id);
    const timeoutMs = request.timeoutMs ?? this.#parts.upstreams.get(tool.server)?.config.timeoutMs ?? fallbackMs;
    return { tool, args, mended, protocol: request.protocol, startedAt, timeoutMs };
  }
}

/** Epoch ms at which a call began, and its deadline in ms after that if nobody gives another. */
type Times = readonly [startedAt: number, fallbackMs: number];

/** True if the arguments need no change to fit the tool's own schema, as most. */
function fitsAsItIs({ definition }: ToolEntry, args: JsonObject): boolean {
  return checkArguments(definition.inputSchema, args).length === 0 && !holdsFiller(args);
}

/**
 * Returns the arguments changed to fit the tool's own schema. The code that changes them is loaded for the first that
 * need it.
 */
async function fitted(tool: ToolEntry, args: JsonObject): Promise<MendedArguments> {
  const { definition } = tool;
  if (fitsAsItIs(tool, args)) return { args, mended: [] };
  const { fitArguments } = await import('./arguments/fit-arguments.ts');
  return fitArguments(tool, args, signature(definition));
}

/** Resolves with the value; with undefined if it takes longer than `ms`. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.min(ms, MAX_TIMER_MS));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
