import type { ToolDefinition } from '../../core/tool.ts';
import type { Logger } from '../../platform/log.ts';
import { cureFor } from './remarks.ts';
import { doubtOf, type TrustRecord } from './trust-record.ts';

/** Names of tools in one line of the log. */
const MAX_LOGGED = 20;

/** What the log is told of one server, each thing once. */
export class TrustLog {
  readonly #server: string;
  readonly #log: Logger;
  readonly #told = new Set<string>();

  constructor(server: string, log: Logger) {
    this.#server = server;
    this.#log = log;
  }

  /** What was trusted cannot be read. */
  lost(problem: string, isPinned: boolean): void {
    const effect = isPinned ? 'all tools of the server are blocked until they are trusted' : 'the server begins anew';
    this.#warn(`what was trusted cannot be read: ${effect}`, { problem, ...(isPinned && { cure: this.#cure }) });
  }

  /** What is trusted cannot be written. */
  unkept(error: string, isPinned: boolean): void {
    const effect = isPinned ? ': what is not on disk is blocked' : '';
    this.#warn(`which tools are trusted cannot be kept${effect}`, { error });
  }

  /** One line for all doubtful tools that the log does not have yet. */
  doubtful(tools: readonly ToolDefinition[], record: TrustRecord | undefined, isPinned: boolean): void {
    const untrusted = record?.untrusted ?? new Map<string, never>();
    if (untrusted.size === 0) return;
    const names = new Set(tools.map(({ name }) => name));
    const news = [...untrusted].filter(([name, { fingerprint }]) => {
      return (
        names.has(name) &&
        !this.#told.has(`${fingerprint} ${name}`) &&
        doubtOf(record, name, fingerprint, isPinned) !== undefined
      );
    });
    if (news.length === 0) return;
    for (const [name, { fingerprint }] of news) this.#told.add(`${fingerprint} ${name}`);
    const shown = news.slice(0, MAX_LOGGED).map(([name]) => name);
    const fields = { server: this.#server, tools: shown, count: news.length, blocked: isPinned, cure: this.#cure };
    this.#log.warning('tools are not as they were trusted', fields);
  }

  get #cure(): string {
    return cureFor(this.#server);
  }

  #warn(message: string, fields: object): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#log.warning(message, { server: this.#server, ...fields });
  }
}
