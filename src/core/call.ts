import type { Signal } from './abort.ts';
import type { JsonObject } from './json.ts';
import type { Peer } from './peer.ts';
import type { Progress } from './rpc.ts';
import type { ToolEntry } from './tool.ts';

/** The sender of a request. stdio passes `LOCAL`; HTTP passes the caller that it authenticated, per request. */
export interface Caller {
  /** The id of a key, the subject of a token, or `anonymous` if the gateway requires no authentication. */
  readonly id: string;
  readonly roles: readonly string[];
  /** Labels of the key. */
  readonly tags?: readonly string[];
  /**
   * The session of the request: jobs and results then belong to that session alone. Absent: to all requests of the
   * caller.
   */
  readonly session?: string;
}

/** Returns the owner of the jobs and kept results of a caller. */
export function ownerOf({ id, session }: Caller): string {
  return session === undefined ? id : `${id}\n${session}`;
}

/** Returns the id of the caller in a result of `ownerOf`: bounds are for callers, with all their sessions. */
export function callerIdOf(owner: string): string {
  const end = owner.indexOf('\n');
  return end < 0 ? owner : owner.slice(0, end);
}

export const LOCAL: Caller = { id: 'local', roles: [] };

/** One execution of one tool. */
export interface ToolCall {
  readonly tool: ToolEntry;
  readonly args: JsonObject;
  /** Changes that the gateway made to the arguments to fit the tool's schema; the result's `_meta` lists them. */
  readonly mended?: readonly string[];
  /** The time of the caller's request in epoch ms: the deadline runs from here. */
  readonly startedAt: number;
  /** Deadline in ms after `startedAt`. */
  readonly timeoutMs: number;
  /** True if the call runs in the background: a tool that may run as a task of its server then does. */
  readonly background?: boolean;
  /**
   * Called before each sending, when the server is connected and has listed its tools; throws an error to refuse the
   * call.
   */
  readonly beforeSending?: () => void;
  readonly protocol?: ProtocolParams | undefined;
}

/** Params of MCP beside the arguments, which go from the client's request into the server's. */
export interface ProtocolParams {
  /** The client's `_meta`, without its progress token. */
  readonly meta?: JsonObject | undefined;
  /** `inputResponses` and `requestState` of a client that comes back with the answers to an `input_required` result. */
  readonly continuation?: JsonObject | undefined;
}

/** Lifetime and side channels that a forwarded call inherits from its caller. */
export interface CallContext {
  readonly caller: Caller;
  /** Aborts when the caller gives up; the gateway then tells the server. */
  readonly signal: Signal;
  /** Called for each progress notification, in wire order, before the result. */
  readonly onProgress?: (progress: Progress) => void;
  /** The way back to the client; absent if the client cannot be asked. */
  readonly peer?: Peer;
  readonly tracking?: RequestTracking;
}

/** Follows jobs. Its methods must not throw, and take next to no time. */
export interface JobObserver {
  /** Called when a call goes on in the background, as that job. */
  submitted?(job: JobIdentity): void;
  /** Called when the job has ended, with or without success. */
  ended?(job: JobIdentity): void;
}

export interface JobIdentity {
  readonly jobId: string;
  /** `ownerOf` its caller. */
  readonly owner: string;
}

/** Follows one request of a client, and the job that it becomes. */
export interface RequestTracking extends JobObserver {
  /** The id of the job that this request had become in a daemon that died: it becomes that job again. */
  readonly jobId?: string;
  /**
   * Called before the request goes to a server that must not get it twice; the request is sent when this has resolved.
   */
  sending?(): Promise<void>;
}

/** A server's `CallToolResult`, exactly as received. `isError: true` is a result, not an error of ours. */
export type ToolResult = JsonObject;

/** Executes a tool; policies decorate it. Rejects with `GatewayError` only. */
export type CallTool = (call: ToolCall, context: CallContext) => Promise<ToolResult>;

/** Observes, delays or refuses calls. It reaches servers only through `next`, so it can only subtract. */
export type CallPolicy = (next: CallTool) => CallTool;

/**
 * True if a caller may know of a tool. This one predicate decides what search lists, describe shows and invoke accepts.
 */
export type Visibility = (caller: Caller, tool: ToolEntry) => boolean;

/** Member of a result's `_meta`: lines that say what the gateway changed so that clients accept the result. */
export const MENDED_RESULT = 'mcp-gateway/mendedResult';
