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

/** A request to a server, with its time limit. */
export interface UpstreamRequest {
  readonly method: string;
  readonly params: JsonObject;
  /** Epoch ms; the deadline is `timeoutMs` after it. */
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** True if the server may get the request twice without harm: it is read-only or declared idempotent. */
  readonly repeatable: boolean;
  /** True to run `tools/call` as a task if the server supports that. */
  readonly asTask?: boolean;
  /** Called just before each sending; see `ToolCall`. */
  readonly beforeSending?: () => void;
}

/** The parts of an upstream through which a request is sent. */
export interface SendTarget {
  /** Supplies the connection, and watches whether it still works. */
  readonly lifecycle: Pick<Lifecycle, 'connected' | 'health'>;
  /** True if no other request to the server is running. */
  readonly isAlone: () => boolean;
  /** Subscribes to the params of every `notifications/tasks/status`. Returns a function that ends the subscription. */
  readonly statusNotifications: NonNullable<TaskCallOptions['statusNotifications']>;
}

/**
 * Time in ms by which a task outlives the time limit of its call, because a server may drop a task at the end of its
 * ttl.
 */
const TASK_MARGIN_MS = 60_000;

/**
 * Sends a request. Sends it once more if the connection was lost and the server provably did not get the request or may
 * get it twice. Rejects with `GatewayError`, `ConnectionLost`, or the reason of the deadline's signal.
 */
export async function sendWithRetry(
  request: UpstreamRequest,
  context: CallContext,
  deadline: Deadline,
  target: SendTarget,
): Promise<Answer> {
  const { signal } = deadline;
  const attempts = context.onProgress ? growing(context, context.onProgress) : { first: context, second: context };
  const connected = target.lifecycle.connected(signal);
  // No `await` without need: each one costs a turn of the queue of microtasks, for every call.
  const connection = connected instanceof Promise ? await connected : connected;
  try {
    return await attempt(connection, request, attempts.first, deadline, target);
  } catch (error) {
    if (!(error instanceof ConnectionLost) || (error.sent && !request.repeatable)) throw error;
    if (target.lifecycle.health.wantsLogin(error)) throw error;
    try {
      const next = await connectionAfter(error, connection, signal, target);
      return await attempt(next, request, attempts.second, deadline, target);
    } catch (again) {
      // The session still exists, so the refusal did not mean its end: it is the server's answer.
      const said = again === error ? rpcErrorIn(error) : undefined;
      if (said) return { error: said };
      // If the first attempt may have arrived, its error is reported, because its call may have taken effect.
      throw error.sent ? error : again;
    }
  }
}

/** The contexts of two attempts. Progress must grow, so the second leaves out what the first has reported already. */
function growing(context: CallContext, onProgress: (progress: Progress) => void) {
  let highest = Number.NEGATIVE_INFINITY;
  const tell = (progress: Progress) => {
    highest = Math.max(highest, progress.progress);
    onProgress(progress);
  };
  const tellMore = (progress: Progress) => progress.progress > highest && tell(progress);
  return { first: { ...context, onProgress: tell }, second: { ...context, onProgress: tellMore } };
}

/**
 * Returns the connection for the second attempt: the same one if it still works, else the next. Rejects with `error` if
 * the server refused the request over a working connection.
 */
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

/** Sends the request once, and reports the outcome to the connection's health. */
async function attempt(
  connection: Connection,
  request: UpstreamRequest,
  context: CallContext,
  deadline: Deadline,
  target: SendTarget,
): Promise<Answer> {
  const { health } = target.lifecycle;
  request.beforeSending?.();
  if (!request.repeatable && context.tracking?.sending) await context.tracking.sending();
  const heard = health.heard;
  try {
    const answer = await send(connection, request, context, deadline, target);
    health.answered();
    return answer;
  } catch (error) {
    if (error instanceof ConnectionLost) health.failed(connection, error);
    // No message has arrived since the request was sent: the connection may be open at our end only, or the server
    // hangs.
    else if (isTimeout(error) && health.heard === heard && target.isAlone()) void health.lives(connection);
    throw error;
  }
}

function send(
  connection: Connection,
  request: UpstreamRequest,
  context: CallContext,
  deadline: Deadline,
  target: SendTarget,
): Promise<Answer> {
  const { onProgress } = context;
  const options: ForwardOptions = {
    signal: deadline.signal,
    ...(onProgress && {
      onProgress: (progress) => {
        target.lifecycle.health.hear();
        deadline.extend();
        onProgress(progress);
      },
    }),
  };
  if (request.asTask && connection.takesTasks) return sendAsTask(connection, request, options, target);
  // Only a 2026-era server asks for input in a result. In an older result a member of that name has no meaning.
  if (!connection.modern) return connection.forward(request.method, request.params, options);
  return sendModern(connection, request, context, { ...options, envelope: connection.envelopeOf(context.peer) });
}

async function sendModern(
  connection: Connection,
  { method, params }: UpstreamRequest,
  { peer }: CallContext,
  options: ForwardOptions,
): Promise<Answer> {
  const forward = exchange(connection);
  const sendWith = (more: JsonObject) => forward(method, { ...params, ...more }, options);
  return answerInputs(sendWith, await sendWith({}), peer, options.signal);
}

/** Loads the module at the first task, because few servers have tasks. */
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

/**
 * Returns the request function for several requests that are one call to the caller. Once one of them was answered, a
 * lost connection counts as `sent`, because the call has reached the server.
 */
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

/** Amount by which a new status message raises the progress, because progress must grow with each message. */
const STEP = 1e-9;

/** Merges progress and the status messages of a task: a new status message is sent with the last progress. */
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
