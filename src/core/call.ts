import type { Signal } from './abort.ts';
import type { JsonObject } from './json.ts';
import type { Peer } from './peer.ts';
import type { Progress } from './rpc.ts';
import type { ToolEntry } from './tool.ts';

/** Who asks. stdio passes `LOCAL`; the HTTP edge passes whom it authenticated, per request. */
export interface Caller {
  /** The id of a key, the subject of a token, `anonymous` where nobody has to say who they are. */
  readonly id: string;
  readonly roles: readonly string[];
  /** Labels of the key. */
  readonly tags?: readonly string[];
  /** The session in which it asks: jobs and results belong to that session alone. Absent: to all that the caller asks. */
  readonly session?: string;
}

/** The owner of the jobs and kept results of a caller. */
export function ownerOf({ id, session }: Caller): string {
  return session === undefined ? id : `${id}\n${session}`;
}

/** The caller of such an owner: bounds are for callers, however many sessions one has. */
export function callerIdOf(owner: string): string {
  const end = owner.indexOf('\n');
  return end < 0 ? owner : owner.slice(0, end);
}

export const LOCAL: Caller = { id: 'local', roles: [] };

/** One execution of one tool. */
export interface ToolCall {
  readonly tool: ToolEntry;
  readonly args: JsonObject;
  /** Changes of the arguments to fit the tool's schema; told in the result's `_meta`. */
  readonly mended?: readonly string[];
  /** When the caller asked, in epoch ms: the deadline runs from here. */
  readonly startedAt: number;
  /** Deadline in ms after `startedAt`. */
  readonly timeoutMs: number;
  /** Runs in the background: a tool that may run as a task of its server then does. */
  readonly background?: boolean;
  /** Called when the server is connected and has listed its tools, before each sending; throws what refuses the call. */
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
  /** Aborted when the caller gives up; the upstream is told. */
  readonly signal: Signal;
  /** Called for each progress notification, in wire order, before the result. */
  readonly onProgress?: (progress: Progress) => void;
  /** The way back to the client; absent where there is none to ask. */
  readonly peer?: Peer;
  readonly tracking?: RequestTracking;
}

/** Follows jobs. Its methods must not throw, and take next to no time. */
export interface JobObserver {
  /** A call goes on in the background, as that job. */
  submitted?(job: JobIdentity): void;
  /** The job has ended, however it did. */
  ended?(job: JobIdentity): void;
}

export interface JobIdentity {
  readonly jobId: string;
  /** `ownerOf` its caller. */
  readonly owner: string;
}

/** Follows one request of a client, and the job that it becomes. */
export interface RequestTracking extends JobObserver {
  /** The id of the job that this request was in a daemon that died: it becomes that job again. */
  readonly jobId?: string;
  /** Called before the request is given to a server that must not get it twice; it goes out when this has resolved. */
  sending?(): Promise<void>;
}

/** An upstream's `CallToolResult`, exactly as received. `isError: true` is a result, not an error of ours. */
export type ToolResult = JsonObject;

/** The one verb everything decorates. Rejects with `GatewayError` only. */
export type CallTool = (call: ToolCall, context: CallContext) => Promise<ToolResult>;

/** Observes, delays or refuses calls; reaches upstreams only through `next`, so it can only subtract. */
export type CallPolicy = (next: CallTool) => CallTool;

/** What may be known to exist. One predicate decides what search lists, describe shows and invoke accepts. */
export type Visibility = (caller: Caller, tool: ToolEntry) => boolean;

/** Member of a result's `_meta` that says what was changed so that clients take it: a list of lines. */
export const MENDED_RESULT = 'mcp-gateway/mendedResult';
