import type { ToolDefinition } from '../../core/tool.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Doubt } from './trust-record.ts';

/** The first list of a server of which nothing was known, until it is in a record; each tool is compared when it is asked about. */
export class FirstSight {
  readonly tools: readonly ToolDefinition[];
  readonly #since = Date.now();
  #byName: ReadonlyMap<string, ToolDefinition> | undefined;

  constructor(tools: readonly ToolDefinition[]) {
    this.tools = tools;
  }

  /** What is wrong with a definition that was listed since. */
  doubt(definition: ToolDefinition, isPinned: boolean): Doubt | undefined {
    // Of two tools of one name the first counts.
    this.#byName ??= new Map(this.tools.toReversed().map((tool) => [tool.name, tool]));
    const first = this.#byName.get(definition.name);
    if (first === definition) return undefined;
    const fingerprint = fingerprintOf(definition);
    if (!first) return isPinned ? { kind: 'new', fingerprint } : undefined;
    const trusted = { fingerprint: fingerprintOf(first), since: this.#since };
    return trusted.fingerprint === fingerprint ? undefined : { kind: 'changed', fingerprint, trusted };
  }
}
