import { abortable, type Signal } from '../core/abort.ts';
import type { CallContext } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Answer, Progress } from '../core/rpc.ts';
import type { Connection } from './connection.ts';
import { ConnectionLost, rpcErrorIn } from './connection-errors.ts';
import type { Deadline } from './deadline.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { ForwardOptions } from './passthrough-transport.ts';
import { answerInputs } from './reverse-requests.ts';
import type { TaskCallOptions, TaskConnection } from './task-call.ts';

/** A request to a server, and how long it may take. */
export interface UpstreamRequest {
  readonly method: string;
  readonly params: JsonObject;
  /** Epoch ms; the deadline is `timeoutMs` after it. */
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** The server may get it twice without harm: it only reads, or says so of itself. */
  readonly repeatable: boolean;
  /** Run `tools/call` as a task of the server, where it can. */
  readonly asTask?: boolean;
  /** As in `ToolCall`. */
  readonly beforeSending?: () => void;
}

/** The way to a server. */
export interface SendTarget {
  /** Supplies the connection, and knows whether it serves. */
  readonly lifecycle: Pick<Lifecycle, 'connected' | 'health'>;
  /** True if no other request is on its way. */
  readonly isAlone: () => boolean;
  /** Subscribes to the params of every `notifications/tasks/status`; returns how to end that. */
  readonly statusNotifications: NonNullable<TaskCallOptions['statusNotifications']>;
}

/** A server may drop a task at the end of its ttl: it lives this much longer than its call may take, in ms. */
const TASK_MARGIN_MS = 60_000;

/**
 * Sends a request, and sends it once more when it was lost and provably did not reach the server or may do so twice.
 * Rejects with `GatewayError`, `ConnectionLost`, or the reason of the deadline's signal.
 */
export async function sendWithRetry(
  request: UpstreamRequest,
  context: CallContext,
  deadline: Deadline,
  target: SendTarget,
): Promise<Answer> {
  const { onProgress } = context;
  const { signal } = deadline;
  let highest = Number.NEGATIVE_INFINITY;
  const tell = (progress: Progress) => {
    highest = Math.max(highest, progress.progress);
    onProgress?.(progress);
  };
  // Progress must grow: what the first sending has told already is not told again.
  const tellMore = (progress: Progress) => progress.progress > highest && tell(progress);
  const connection = await target.lifecycle.connected(signal);
  try {
    return await attempt(connection, request, { ...context, onProgress: onProgress && tell }, deadline, target);
  } catch (error) {
    if (!(error instanceof ConnectionLost) || (error.sent && !request.repeatable)) throw error;
    if (target.lifecycle.health.wantsLogin(error)) throw error;
    try {
      const next = await connectionAfter(error, connection, signal, target);
      return await attempt(next, request, { ...context, onProgress: onProgress && tellMore }, deadline, target);
    } catch (again) {
      // The session stands, so that the refusal was no sign of its end: it is the server's answer.
      const said = again === error ? rpcErrorIn(error) : undefined;
      if (said) return { error: said };
      // What was sent the first time may have happened, whatever became of the second.
      throw error.sent ? error : again;
    }
  }
}

/** Where to send again what was lost: the same connection if it serves, else the next. Rejects when the server refused it. */
async function connectionAfter(
  error: ConnectionLost,
  connection: Connection,
  signal: Signal,
  { lifecycle }: SendTarget,
): Promise<Connection> {
  const lives = await abortable(lifecycle.health.lives(connection), signal);
  if (lives && lifecycle.health.isRefusal(error)) throw error;
  return lifecycle.connected(signal, lives ? undefined : connection);
}

/** One sending; tells the connection's health how it went. */
async function attempt(
  connection: Connection,
  request: UpstreamRequest,
  context: CallContext,
  deadline: Deadline,
  target: SendTarget,
): Promise<Answer> {
  const { health } = target.lifecycle;
  request.beforeSending?.();
  if (!request.repeatable) await context.tracking?.sending?.();
  const heard = health.heard;
  try {
    const answer = await send(connection, request, context, deadline, target);
    health.answered();
    return answer;
  } catch (error) {
    if (error instanceof ConnectionLost) health.failed(connection, error);
    // Not a word since it was sent: the connection may be open at our end only, or the server hang.
    else if (isTimeout(error) && health.heard === heard && target.isAlone()) void health.lives(connection);
    throw error;
  }
}

async function send(
  connection: Connection,
  request: UpstreamRequest,
  { onProgress, peer }: CallContext,
  deadline: Deadline,
  target: SendTarget,
): Promise<Answer> {
  const { signal } = deadline;
  const options: ForwardOptions = {
    signal,
    ...(onProgress && {
      onProgress: (progress) => {
        target.lifecycle.health.hear();
        deadline.extend();
        onProgress(progress);
      },
    }),
    ...(connection.modern && { envelope: connection.envelopeOf(peer) }),
  };
  const { method, params } = request;
  if (request.asTask && connection.takesTasks) return sendAsTask(connection, request, options, target);
  // Only a 2026-era server asks for input in its result; a field of that name in an older one's is just a field.
  if (!connection.modern) return connection.forward(method, params, options);
  const forward = exchange(connection);
  const sendWith = (more: JsonObject) => forward(method, { ...params, ...more }, options);
  return answerInputs(sendWith, await sendWith({}), peer, signal);
}

/** Loaded for the first task: few servers have any. */
async function sendAsTask(
  connection: Connection,
  { params, timeoutMs }: UpstreamRequest,
  { signal, onProgress }: ForwardOptions,
  { statusNotifications }: SendTarget,
): Promise<Answer> {
  const { callAsTask } = await import('./task-call.ts');
  return callAsTask({ request: exchange(connection) }, params, {
    signal,
    ...(onProgress && withStatus(onProgress)),
    ttlMs: timeoutMs + TASK_MARGIN_MS,
    statusNotifications,
  });
}

/** Several requests that are one to the caller: once one was answered it has reached the server, whatever befalls the rest. */
function exchange(connection: Connection): TaskConnection['request'] {
  let reached = false;
  return async (method, params, options) => {
    try {
      const answer = await connection.forward(method, params, options);
      reached = true;
      return answer;
    } catch (error) {
      const untrue = reached && error instanceof ConnectionLost && !error.sent;
      throw untrue ? new ConnectionLost(error.message, true, error.cause) : error;
    }
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'TIMEOUT';
}

/** Progress must grow with each message; a new status grows it by this little. */
const STEP = 1e-9;

/** Tells progress and the status messages of a task as one: a new status message goes out with the last progress. */
function withStatus(tell: (progress: Progress) => void) {
  let last: Progress = { progress: 0 };
  return {
    onProgress: (progress: Progress) => {
      last = progress;
      tell(progress);
    },
    onStatus: (task: JsonObject) => {
      const message = isJsonObject(task) ? task.statusMessage : undefined;
      if (typeof message !== 'string') return;
      last = { ...last, progress: last.progress + STEP, message };
      tell(last);
    },
  };
}
