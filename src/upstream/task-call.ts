import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '@modelcontextprotocol/sdk/experimental/tasks/interfaces.js';
import type { Task } from '@modelcontextprotocol/sdk/types.js';
import { asAbortSignal, type Signal } from '../core/abort.ts';
import { clip } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { type Answer, INTERNAL_ERROR, type Progress } from '../core/rpc.ts';

export interface TaskRequestOptions {
  /** Aborted to give the request up: the server is told, and the promise rejects with the signal's reason. */
  readonly signal: Signal;
  readonly onProgress?: (progress: Progress) => void;
  /** The request's progress token is listened to until this is aborted, instead of until the answer. */
  readonly progressUntil?: Signal;
}

/** A 2025-11-25 connection to a server. */
export interface TaskConnection {
  /** Resolves with the server's own answer; rejects with the signal's reason, or when the connection is lost. */
  request(method: string, params: JsonObject, options: TaskRequestOptions): Promise<Answer>;
}

export interface TaskCallOptions {
  /** Aborted to give up: the task is cancelled. */
  readonly signal: Signal;
  /** Progress of the call, through the whole life of the task. */
  readonly onProgress?: (progress: Progress) => void;
  /** How long the server is asked to keep the task, in ms from its creation: longer than it may run. Absent: as it likes. */
  readonly ttlMs?: number;
  /** Called with the task as received, when created and whenever its status or status message has changed. */
  readonly onStatus?: (task: JsonObject) => void;
  /** Subscribes to the params of every `notifications/tasks/status` of the connection; returns how to end that. */
  readonly statusNotifications?: (listener: (task: JsonObject) => void) => () => void;
}

/** Pause between two looks at a task, in ms: without a wish of the server, and the bounds of its wish. */
const POLL_DEFAULT_MS = 1_000;
const POLL_MIN_MS = 100;
const POLL_MAX_MS = 5_000;

/** Time that a call given up still has, in ms, to learn the id of its task and to have it cancelled. */
const GRACE_MS = 1_000;

/**
 * Runs `tools/call` as a task of the server and resolves with the tool's own result as `tasks/result` gave it, or with
 * the server's error. A server that answers without a task is taken at its word. Rejects with the signal's reason, up to
 * 1 s after it was aborted, or when the connection is lost.
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

/** The part of a task that we read. */
type TaskState = Pick<Task, 'taskId' | 'status' | 'pollInterval' | 'statusMessage'>;
type TaskSchema = Awaited<ReturnType<typeof taskSchema>>;

/** Imported on demand: the schemas of SDK 1.x would cost every start, and tasks are rare. */
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
  /** Aborted when the caller gives up or the call has ended. */
  readonly #over: AbortSignal;
  #state: TaskState | undefined;
  /** Aborted by news that make it worth to look at once. */
  #news = new AbortController();

  constructor(connection: TaskConnection, schema: TaskSchema, options: TaskCallOptions) {
    this.#connection = connection;
    this.#schema = schema;
    this.#options = options;
    this.#over = AbortSignal.any([asAbortSignal(options.signal), this.#ended.signal]);
  }

  async run(params: JsonObject): Promise<Answer> {
    const { signal, statusNotifications } = this.#options;
    // A request for a task must not be taken back by `notifications/cancelled`: learn the task's id, then cancel that.
    const grace = shortlyAfter(asAbortSignal(signal), this.#ended.signal);
    const unsubscribe = statusNotifications?.((task) => this.#hear(task));
    try {
      const created = await this.#create(params, grace);
      if (this.#state) return await this.#followed(this.#state, grace);
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
    // Content is what tells a tool's result from a task.
    if ('result' in answer && answer.result.content === undefined) this.#learn(answer.result.task);
    return answer;
  }

  /** When the caller gives up, the task is cancelled first; `grace` bounds how long that may take. */
  async #followed({ taskId }: TaskState, grace: AbortSignal): Promise<Answer> {
    try {
      return this.#explained(await this.#follow(taskId));
    } catch (error) {
      // The task may have ended meanwhile, or the server may not know how to cancel: there is nobody left to tell.
      if (this.#options.signal.aborted)
        await this.#connection.request('tasks/cancel', { taskId }, { signal: grace }).catch(() => {});
      throw error;
    }
  }

  async #follow(taskId: string): Promise<Answer> {
    let result: Promise<Answer> | undefined;
    for (;;) {
      this.#over.throwIfAborted();
      // A server that needs input asks for it while its `tasks/result` is waited for; its status goes on being followed.
      if (this.#state?.status !== 'working') result ??= this.#request('tasks/result', taskId);
      if (result && this.#hasEnded()) return result;
      const answer = await Promise.race([this.#look(taskId), ...(result ? [result] : [])]);
      if (answer) return result ?? answer;
    }
  }

  /** Pauses, then asks how the task is; resolves with what there is to answer when that cannot be learned. */
  async #look(taskId: string): Promise<Answer | undefined> {
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

  #hear(task: JsonObject): void {
    const known = this.#state;
    if (known?.taskId === task.taskId) this.#learn(task);
    // Before the id is known, any task may be ours: its end can arrive together with its creation.
    if (!known || this.#state?.status !== known.status) this.#news.abort();
  }

  /** Whether it is a task. */
  #learn(task: unknown): boolean {
    const state = this.#schema.safeParse(task).data;
    if (!state) return false;
    const changed = state.status !== this.#state?.status || state.statusMessage !== this.#state.statusMessage;
    this.#state = state;
    if (changed) this.#options.onStatus?.(task as JsonObject); // as the schema found
    return true;
  }

  #hasEnded(): boolean {
    return this.#state !== undefined && isTerminal(this.#state.status);
  }

  /** A task that the server itself cancelled has no result, and the error that says so seldom says why. */
  #explained(answer: Answer): Answer {
    if ('result' in answer || this.#state?.status !== 'cancelled') return answer;
    const { statusMessage } = this.#state;
    const why = `the server cancelled the task${statusMessage ? `: ${statusMessage}` : ''}`;
    return { error: { ...answer.error, message: `${why} (${answer.error.message})` } };
  }

  #request(method: string, taskId: string): Promise<Answer> {
    return this.#connection.request(method, { taskId }, { signal: this.#over });
  }
}

/** Aborted with the reason of `signal`, `GRACE_MS` after it, unless `ended` comes first. */
function shortlyAfter(signal: AbortSignal, ended: AbortSignal): AbortSignal {
  const grace = new AbortController();
  const begin = () => {
    const timer = setTimeout(() => grace.abort(signal.reason), GRACE_MS);
    ended.addEventListener('abort', () => clearTimeout(timer), { once: true });
  };
  signal.addEventListener('abort', begin, { once: true, signal: ended });
  return grace.signal;
}
