import type { ToolExecution } from '@modelcontextprotocol/sdk/types.js';
import type { ServerConfig } from '../config/schema.ts';
import type { Signal } from '../core/abort.ts';
import type { CallContext, ToolCall, ToolResult } from '../core/call.ts';
import { isJsonObject } from '../core/json.ts';
import type { Answer } from '../core/rpc.ts';
import { listRemark, type ServerCatalog } from '../core/server-catalog.ts';
import { isComingUp, type UpstreamState } from '../core/server-state.ts';
import { hasHint, type ToolDefinition } from '../core/tool.ts';
import type { Connection } from './connection.ts';
import { callFailure, upstreamError } from './connection-errors.ts';
import { Lifecycle, type LifecycleOptions } from './lifecycle.ts';
import type { PoolOwner } from './pool-owner.ts';
import { redactor } from './redact.ts';
import { Requests } from './requests.ts';
import { OwnRoots } from './reverse-requests.ts';
import { MAX_LOGINS, type ServerLogin } from './server-login.ts';

export interface UpstreamOptions extends LifecycleOptions {
  readonly owner: () => PoolOwner;
  /** Secrets of all servers, which are blanked in the texts of each; the same array until they change. */
  readonly secrets: () => readonly string[];
}

/** One configured server: its life, its login, and the requests that go through its connection. */
export class Upstream {
  readonly config: ServerConfig;
  /** The running requests to the server. */
  readonly requests: Requests;

  readonly #redact: (text: string) => string;
  readonly #lifecycle: Lifecycle;

  constructor(config: ServerConfig, options: UpstreamOptions) {
    this.config = config;
    const redact = redactor(config, options.secrets);
    this.#redact = (text) => this.#login.redact(redact(text));
    const roots = config.roots && new OwnRoots(config.roots);
    this.#lifecycle = new Lifecycle(config, {
      ...options,
      identity: async () => {
        const client = await options.owner().identified;
        return roots ? roots.declared(client) : client;
      },
      redact: this.#redact,
      traffic: () => this.requests,
    });
    this.requests = new Requests(config, { ...options, roots, lifecycle: this.#lifecycle });
  }

  get #login(): ServerLogin {
    return this.#lifecycle.login;
  }

  get state(): UpstreamState {
    return this.#lifecycle.state.current;
  }

  /** The request whose answer the server still owes while it connects. */
  get waitsFor(): Lifecycle['waitsFor'] {
    return this.#lifecycle.waitsFor;
  }

  /** Time at which the server was first needed, or needed again after it was idle; epoch ms. */
  get neededAt(): number {
    return this.#lifecycle.state.neededAt;
  }

  /** The server's description of itself at the last connect. */
  get about(): ServerCatalog['about'] {
    return this.#lifecycle.catalog?.about ?? {};
  }

  /** A remark on its list of tools, if the list is incomplete or undeclared. */
  get listRemark(): string | undefined {
    const { catalog } = this.#lifecycle;
    return catalog && listRemark(catalog);
  }

  /** True if it lists any tools. */
  get hasTools(): boolean {
    return (this.#lifecycle.catalog?.tools.length ?? 0) > 0;
  }

  /** True if its list of tools, as last read, lacks pages. */
  get isIncomplete(): boolean {
    return this.#lifecycle.catalog?.incomplete !== undefined;
  }

  /** Causes for which tools of its last list were left out, by tool name. */
  get leftOut(): ReadonlyMap<string, string> {
    return this.#lifecycle.leftOut;
  }

  /** True if its tools are known, from this connection or remembered. */
  get isKnown(): boolean {
    return this.#lifecycle.catalog !== undefined;
  }

  /** The connection while the server is ready. */
  get connection(): Connection | undefined {
    return this.#lifecycle.state.connection;
  }

  /**
   * True if the server offers `resources`, `prompts` or `completions`. Without a connection the remembered catalog
   * counts, unless the server is failing.
   */
  offers(path: string): boolean {
    const { catalog, state } = this.#lifecycle;
    if (state.connection) return state.connection.offers(path);
    const mayAnswer = state.current.status === 'idle' || isComingUp(state.current);
    return mayAnswer && catalog?.offers.includes(path) === true;
  }

  start(): void {
    this.#lifecycle.start();
  }

  /** Begins to connect if the server is idle. */
  wake(): void {
    this.#lifecycle.state.wake();
  }

  /** Ends the connection. Resolves when nothing of the server runs any more. */
  async close(): Promise<void> {
    await this.#lifecycle.close();
  }

  /**
   * Resolves when the state is neither the first `connecting` nor a retry that calls wait for, or when `signal` aborts.
   */
  async settled(signal: Signal): Promise<void> {
    await this.#lifecycle.state.settled(signal);
  }

  /**
   * Calls a tool and resolves with its own result. Rejects with a `GatewayError` that names server, tool, cause and
   * cure.
   */
  async call(call: ToolCall, context: CallContext): Promise<ToolResult> {
    let { startedAt } = call;
    for (let logins = 0; ; logins++) {
      try {
        return this.#resultOf(await this.#send(call, startedAt, context));
      } catch (error) {
        const failedAt = Date.now();
        await this.#cure(call, error, logins, context);
        // The time that a person takes to log in does not count for the call.
        startedAt += Date.now() - failedAt;
      }
    }
  }

  /** Resolves after a login that the failure of a call asked for: the call may be sent again. Else rejects. */
  async #cure({ tool }: ToolCall, failure: unknown, logins: number, context: CallContext): Promise<void> {
    try {
      await this.#login.cure(failure, logins, context);
    } catch (error) {
      throw callFailure(tool, error, this.#redact);
    }
  }

  /** Asks the user to log in if the server waits for a login. Rejects with a `GatewayError`. */
  async logIn(context: CallContext): Promise<void> {
    for (let logins = 0; this.state.status === 'needs_auth' && logins < MAX_LOGINS; logins++) {
      await this.#login.ask(this.#login.challenge, context);
      await this.settled(context.signal);
    }
  }

  #send(call: ToolCall, startedAt: number, context: CallContext): Promise<Answer> {
    const { tool, args, protocol: { meta, continuation } = {}, timeoutMs, beforeSending } = call;
    const params = { name: tool.definition.name, arguments: args, ...(meta && { _meta: meta }), ...continuation };
    const repeatable = hasHint(tool.definition, 'readOnlyHint') || hasHint(tool.definition, 'idempotentHint');
    const asTask = runsAsTask(call);
    const request = { method: 'tools/call', params, startedAt, timeoutMs, repeatable, asTask, beforeSending };
    return this.requests.send(request, context);
  }

  #resultOf(answer: Answer): ToolResult {
    if ('result' in answer) return answer.result;
    throw upstreamError(answer.error, this.#redact);
  }
}

function runsAsTask({ tool, background }: ToolCall): boolean {
  const support = taskSupport(tool.definition);
  return support === 'required' || (support === 'optional' && background === true);
}

type TaskSupport = NonNullable<ToolExecution['taskSupport']>;

/** Returns the tool's declared use of tasks: its `execution.taskSupport`; the protocol's default is `forbidden`. */
export function taskSupport(tool: ToolDefinition): TaskSupport {
  const support = isJsonObject(tool.execution) ? tool.execution.taskSupport : undefined;
  return support === 'required' || support === 'optional' ? support : 'forbidden';
}
