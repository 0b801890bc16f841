import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '@modelcontextprotocol/sdk/experimental/tasks/interfaces.js';
import type { Task } from '@modelcontextprotocol/sdk/types.js';
import { asAbortSignal, type Signal } from '../core/abort.ts';
import { clip } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { type Answer, INTERNAL_ERROR, type Progress } from '../core/rpc.ts';

export interface TaskRequestOptions {
  /**
   * Aborted to cancel the request: the server gets a cancellation, and the promise rejects with the signal's reason.
   */
  readonly signal: Signal;
  readonly onProgress?: (progress: Progress) => void;
  /** Progress is delivered until this is aborted, instead of until the answer. */
  readonly progressUntil?: Signal;
}

/** A 2025-11-25 connection to a server. */
export interface TaskConnection {
  /** Resolves with the server's own answer. Rejects with the signal's reason, or if the connection is lost. */
  request(method: string, params: JsonObject, options: TaskRequestOptions): Promise<Answer>;
}

export interface TaskCallOptions {
  /** Aborted to cancel the call: the task is cancelled. */
  readonly signal: Signal;
  /** Called with progress through the whole life of the task. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Time in ms from the creation of the task for which the server is asked to keep it: longer than it may run. Absent:
   * the server decides.
   */
  readonly ttlMs?: number;
  /** Called with the task as received, when it is created and whenever its status or status message has changed. */
  readonly onStatus?: (task: JsonObject) => void;
  /**
   * Subscribes to the params of every `notifications/tasks/status` of the connection. Returns a function that ends the
   * subscription.
   */
  readonly statusNotifications?: (listener: (task: JsonObject) => void) => () => void;
}

/** Pause between two polls of a task, in ms: without a wish of the server, and the bounds of its wish. */
const POLL_DEFAULT_MS = 1_000;
const POLL_MIN_MS = 100;
const POLL_MAX_MS = 5_000;

/** Time in ms in which a cancelled call still learns the id of its task and cancels it. */
const GRACE_MS = 1_000;

/**
 * Runs `tools/call` as a task of the server. Resolves with the tool's own result from `tasks/result`, or with the
 * server's error. If the server answers without a task, that answer counts. Rejects with the signal's reason, up to 1 s
 * after it was aborted, or if the connection is lost.
 */
export async function callAsTask(
  connection: TaskConnection,
  params: JsonObject,
  options: TaskCallOptions,
): Promise<Answer> {
  const schema = await taskSchema();
  options.signal.throwIfAborted();
  return new TaskCall(connection, schema, options).run(params);
}

/** The members of a task that we read. */
type TaskState = Pick<Task, 'taskId' | 'status' | 'pollInterval' | 'statusMessage'>;
type TaskSchema = Awaited<ReturnType<typeof taskSchema>>;

/** Imports the schema of a task on demand: the schemas of SDK 1.x would cost every start, and tasks are rare. */
async function taskSchema() {
  const { TaskSchema } = await import('@modelcontextprotocol/sdk/types.js');
  return TaskSchema.pick({ taskId: true, status: true, pollInterval: true, statusMessage: true });
}

/** One call that runs as a task, from the task's creation to its result. */
class TaskCall {
  readonly #connection: TaskConnection;
  readonly #schema: TaskSchema;
  readonly #options: TaskCallOptions;
  readonly #ended = new AbortController();
  /** Aborted when the caller cancels or the call has ended. */
  readonly #over: AbortSignal;
  #state: TaskState | undefined;
  /** Aborted by a notification after which the task is polled at once. */
  #news = new AbortController();

  constructor(connection: TaskConnection, schema: TaskSchema, options: TaskCallOptions) {
    this.#connection = connection;
    this.#schema = schema;
    this.#options = options;
    this.#over = AbortSignal.any([asAbortSignal(options.signal), this.#ended.signal]);
  }

  async run(params: JsonObject): Promise<Answer> {
    const { signal, statusNotifications } = this.#options;
    // A request for a task must not be cancelled by `notifications/cancelled`: we learn the task's id first, and then
    // cancel the task.
    const grace = shortlyAfter(asAbortSignal(signal), this.#ended.signal);
    const unsubscribe = statusNotifications?.((task) => this.#onNotification(task));
    try {
      const created = await this.#create(params, grace);
      if (this.#state) return await this.#followOrCancel(this.#state, grace);
      signal.throwIfAborted();
      return created;
    } finally {
      unsubscribe?.();
      this.#ended.abort();
    }
  }

  async #create(params: JsonObject, signal: AbortSignal): Promise<Answer> {
    const { ttlMs, onProgress } = this.#options;
    const request = { ...params, task: ttlMs === undefined ? {} : { ttl: ttlMs } };
    const progress = onProgress && { onProgress, progressUntil: this.#ended.signal };
    const answer = await this.#connection.request('tools/call', request, { signal, ...progress });
    // A tool's result has `content`, and a task has none.
    if ('result' in answer && answer.result.content === undefined) this.#learn(answer.result.task);
    return answer;
  }

  /**
   * Follows the task to its end. If the caller cancels, the task is cancelled first, for which `grace` bounds the time.
   */
  async #followOrCancel({ taskId }: TaskState, grace: AbortSignal): Promise<Answer> {
    try {
      return this.#explainCancelled(await this.#follow(taskId));
    } catch (error) {
      // Ignored: the task may have ended meanwhile, or the server may not support it, and the caller is gone.
      if (this.#options.signal.aborted)
        await this.#connection.request('tasks/cancel', { taskId }, { signal: grace }).catch(() => {});
      throw error;
    }
  }

  async #follow(taskId: string): Promise<Answer> {
    let result: Promise<Answer> | undefined;
    for (;;) {
      this.#over.throwIfAborted();
      // A server that needs input asks for it while a `tasks/result` request is open. The status is still polled.
      if (this.#state?.status !== 'working') result ??= this.#request('tasks/result', taskId);
      if (result && this.#hasEnded()) return result;
      const answer = await Promise.race([this.#poll(taskId), ...(result ? [result] : [])]);
      if (answer) return result ?? answer;
    }
  }

  /** Pauses, then polls the task. Resolves with an error as the answer if its state cannot be learned. */
  async #poll(taskId: string): Promise<Answer | undefined> {
    await this.#pause();
    const answer = await this.#request('tasks/get', taskId);
    if ('error' in answer) return answer;
    if (this.#learn(answer.result)) return undefined;
    const message = `the server answered tasks/get with no task: ${clip(JSON.stringify(answer.result))}`;
    return { error: { code: INTERNAL_ERROR, message } };
  }

  async #pause(): Promise<void> {
    const wishMs = this.#state?.pollInterval ?? POLL_DEFAULT_MS;
    const pauseMs = Math.min(Math.max(wishMs, POLL_MIN_MS), POLL_MAX_MS);
    const signal = AbortSignal.any([this.#over, this.#news.signal]);
    await sleep(pauseMs, undefined, { signal }).catch(() => this.#over.throwIfAborted());
    this.#news = new AbortController();
  }

  #onNotification(task: JsonObject): void {
    const known = this.#state;
    if (known?.taskId === task.taskId) this.#learn(task);
    // Before the id is known, any task may be ours: its end can arrive together with its creation.
    if (!known || this.#state?.status !== known.status) this.#news.abort();
  }

  /** Stores the state of a task. Returns false if the value is none. */
  #learn(task: unknown): boolean {
    const state = this.#schema.safeParse(task).data;
    if (!state) return false;
    const changed = state.status !== this.#state?.status || state.statusMessage !== this.#state.statusMessage;
    this.#state = state;
    if (changed) this.#options.onStatus?.(task as JsonObject); // the schema has checked it
    return true;
  }

  #hasEnded(): boolean {
    return this.#state !== undefined && isTerminal(this.#state.status);
  }

  /** Adds the status message to the error of a task that the server cancelled: its own error seldom has a reason. */
  #explainCancelled(answer: Answer): Answer {
    if ('result' in answer || this.#state?.status !== 'cancelled') return answer;
    const { statusMessage } = this.#state;
    const why = `the server cancelled the task${statusMessage ? `: ${statusMessage}` : ''}`;
    return { error: { ...answer.error, message: `${why} (${answer.error.message})` } };
  }

  #request(method: string, taskId: string): Promise<Answer> {
    return this.#connection.request(method, { taskId }, { signal: this.#over });
  }
}

/** Returns a signal that aborts 1 s after `signal`, with the same reason, unless `ended` comes first. */
function shortlyAfter(signal: AbortSignal, ended: AbortSignal): AbortSignal {
  const grace = new AbortController();
  const begin = () => {
    const timer = setTimeout(() => grace.abort(signal.reason), GRACE_MS);
    ended.addEventListener('abort', () => clearTimeout(timer), { once: true });
  };
  signal.addEventListener('abort', begin, { once: true, signal: ended });
  return grace.signal;
}
