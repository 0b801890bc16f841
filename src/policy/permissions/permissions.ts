import type { GatewayConfig } from '../../config/load.ts';
import type { CallContext, Caller, CallTool, ToolCall, ToolResult } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Guard } from '../../core/guard.ts';
import type { ToolEntry } from '../../core/tool.ts';
import type { Consents } from './consents.ts';
import { Verdicts } from './verdicts.ts';

export interface PermissionsOptions {
  /** As it is now: rules follow the file. */
  readonly config: () => GatewayConfig;
  /** Where a client's hook leaves word that the client has asked already; absent: nowhere. */
  readonly dataDirectory?: string | undefined;
}

/** The rules of the configuration as a guard: what is denied is unknown, what is to be asked about is asked about first. */
export class Permissions implements Guard {
  readonly #options: PermissionsOptions;
  readonly #verdicts: Verdicts;
  #consents: Promise<Consents> | undefined;

  constructor(options: PermissionsOptions) {
    this.#options = options;
    this.#verdicts = new Verdicts(() => options.config().settings.permissions);
  }

  readonly visible = (_caller: Caller, tool: ToolEntry): boolean => this.#verdicts.of(tool).action !== 'deny';

  readonly admit = (call: ToolCall, context: CallContext): Promise<number> | undefined => {
    const { action, rule = 0 } = this.#verdicts.of(call.tool);
    return action === 'ask' ? this.#ask(call, rule, context) : undefined;
  };

  /** What has been denied since it was admitted, such as a job in the queue, is not called any more. */
  readonly policy =
    (next: CallTool): CallTool =>
    (call, context) => {
      const { action } = this.#verdicts.of(call.tool);
      if (action === 'deny') return Promise.reject(denied(call));
      return action === 'ask' ? this.#answered(next, call, context) : next(call, context);
    };

  async #ask(call: ToolCall, rule: number, context: CallContext): Promise<number> {
    this.#consents ??= import('./consents.ts').then((own) => new own.Consents(this.#options.dataDirectory));
    return (await this.#consents).obtain(call, `permissions[${rule}]`, context);
  }

  async #answered(next: CallTool, call: ToolCall, context: CallContext): Promise<ToolResult> {
    const result = await next(call, context);
    (await this.#consents)?.answered(call, result, context);
    return result;
  }
}

function denied({ tool }: ToolCall): GatewayError {
  return new GatewayError('TOOL_NOT_FOUND', `no tool "${tool.id}" any more; use search to find tools`);
}
