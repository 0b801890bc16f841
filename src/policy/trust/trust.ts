import type { ServerConfig } from '../../config/schema.ts';
import type { GatewaySettings } from '../../config/settings.ts';
import { abortable } from '../../core/abort.ts';
import type { CallPolicy } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Guard } from '../../core/guard.ts';
import type { ToolDefinition, ToolEntry } from '../../core/tool.ts';
import type { Logger } from '../../platform/log.ts';
import { ServerTrust } from './server-trust.ts';
import { trustPath } from './trust-file.ts';
import { cureOf, findingRemarks, violationRemark, violationText } from './trust-messages.ts';
import type { TrustViolation } from './trust-record.ts';
import { forEachInSlices } from './yield-to-event-loop.ts';

interface TrustOptions {
  readonly config: () => { readonly servers: readonly ServerConfig[]; readonly settings: Pick<GatewaySettings, 'pin'> };
  /** Absolute path. Absent: trust lasts for this run only. */
  readonly dataDirectory?: string | undefined;
  readonly log: Logger;
}

const NONE: readonly string[] = [];
/** Most names of tools in one line of the log. */
const MAX_LOGGED = 20;

/**
 * Remembers the definition of every tool when it was first seen, tells later changes, and blocks changed tools of
 * pinned servers.
 */
export class Trust implements Guard {
  readonly #options: TrustOptions;
  readonly #servers = new Map<string, ServerTrust>();
  readonly #remarks = new WeakMap<ToolDefinition, readonly string[]>();
  /** Ends of the `ServerTrust`s that were replaced. */
  readonly #ending: Promise<void>[] = [];

  constructor(options: TrustOptions) {
    this.#options = options;
  }

  /** Refuses here already, so that no person is asked about a call that is refused anyway. */
  readonly admit: Guard['admit'] = ({ tool }, { signal }) => {
    const objection = this.#objection(tool);
    if (!(objection instanceof Promise)) return objection && Promise.reject(refusal(objection, tool, placeOf(tool)));
    return abortable(objection, signal).then(
      (violation) => {
        if (violation) throw refusal(violation, tool, placeOf(tool));
        return 0;
      },
      (cause: unknown) => {
        throw new GatewayError('CANCELLED', 'the caller cancelled the call', { cause });
      },
    );
  };

  readonly policy: CallPolicy = (next) => (call, context) => {
    const { tool } = call;
    const trust = this.#servers.get(tool.server);
    if (!trust || !this.#isPinned(tool.server)) return next(call, context);
    // An idle server is woken by this call and lists its tools then, so the check is repeated before the call is sent.
    const beforeSending = () => {
      call.beforeSending?.();
      const now = trust.currentViolation(tool.definition.name);
      if (now) throw refusal(now, tool, '');
    };
    return next({ ...call, beforeSending }, context);
  };

  readonly listed = (server: string, tools: readonly ToolDefinition[]): void => {
    const config = this.#configOf(server);
    if (config) this.#trustOf(config).setTools(tools);
  };

  readonly remarks = ({ server, definition }: ToolEntry): readonly string[] => {
    const found = this.#findings(definition);
    const violation = this.#servers.get(server)?.violation(definition);
    return violation ? [violationRemark(violation, server, this.#isPinned(server)), ...found] : found;
  };

  readonly close = async (): Promise<void> => {
    await Promise.all([...this.#ending, ...[...this.#servers.values()].map((trust) => trust.close())]);
  };

  #configOf(server: string): ServerConfig | undefined {
    return this.#options.config().servers.find(({ key }) => key === server);
  }

  #objection(tool: ToolEntry): TrustViolation | undefined | Promise<TrustViolation | undefined> {
    return this.#isPinned(tool.server) ? this.#servers.get(tool.server)?.objection(tool.definition) : undefined;
  }

  #isPinned(server: string): boolean {
    const { servers, settings } = this.#options.config();
    return isPinned(servers.find(({ key }) => key === server) ?? {}, settings);
  }

  /**
   * The trust of an entry. If the entry now starts or connects to something else, it is another server and begins anew.
   */
  #trustOf(config: ServerConfig): ServerTrust {
    const { key } = config;
    const { dataDirectory, log } = this.#options;
    const identity = trustPath(dataDirectory ?? '', config);
    const known = this.#servers.get(key);
    if (known?.identity === identity) return known;
    if (known) this.#ending.push(known.close());
    const path = dataDirectory === undefined ? undefined : identity;
    const onNews = (tools: readonly ToolDefinition[]) => this.#inspect(key, tools);
    const trust = new ServerTrust({ server: key, identity, path, log, isPinned: () => this.#isPinned(key), onNews });
    this.#servers.set(key, trust);
    return trust;
  }

  /** Findings in a definition; inspected once. */
  #findings(definition: ToolDefinition): readonly string[] {
    let known = this.#remarks.get(definition);
    if (!known) {
      const found = findingRemarks(definition);
      known = found.length > 0 ? found : NONE;
      this.#remarks.set(definition, known);
    }
    return known;
  }

  /**
   * Inspects all tools after a new list: the log then has the findings, and no search has to wait for the inspection.
   */
  async #inspect(server: string, tools: readonly ToolDefinition[]): Promise<void> {
    const suspicious: string[] = [];
    await forEachInSlices(tools, (tool) => {
      if (this.#findings(tool).length > 0) suspicious.push(tool.name);
    });
    if (suspicious.length === 0) return;
    const names = suspicious.slice(0, MAX_LOGGED);
    this.#options.log.warning('tools with suspicious definitions', { server, tools: names, count: suspicious.length });
  }
}

function placeOf({ server, definition }: ToolEntry): string {
  return `${server}: tool "${definition.name}": `;
}

function refusal(violation: TrustViolation, { server, definition }: ToolEntry, where: string): GatewayError {
  const message = `${where}blocked: ${violationText(violation)} and the server is pinned. ${cureOf(violation, server)}`;
  return new GatewayError('FORBIDDEN', message, { details: { server, tool: definition.name } });
}

/** True if changed tools of a server are blocked. */
export function isPinned({ pin }: Pick<ServerConfig, 'pin'>, settings: Pick<GatewaySettings, 'pin'>): boolean {
  return pin ?? settings.pin;
}
