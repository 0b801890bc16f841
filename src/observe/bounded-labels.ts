import { clip } from '../core/errors.ts';

/** Under this name is counted together what came after the bound was reached. */
const OTHER = 'other';

/** Labels of one tool. */
export interface ToolLabels {
  readonly server: string;
  readonly tool: string;
}

/** Labels of tools, bounded in number: each series costs memory here and in whatever collects it. */
export class BoundedToolLabels {
  readonly #maxTools: number;
  readonly #byTool = new Map<string, ToolLabels>();
  readonly #servers: BoundedNames;
  readonly #byServer = new Map<string, ToolLabels>();

  constructor(maxTools: number, maxServers: number) {
    this.#maxTools = maxTools;
    this.#servers = new BoundedNames(maxServers);
  }

  /** `id` is that of the tool. Tools beyond the bound share the label `other` of their server. */
  of(id: string, server: string, tool: string): ToolLabels {
    const known = this.#byTool.get(id);
    if (known) return known;
    if (this.#byTool.size >= this.#maxTools) return this.#others(this.#servers.of(server));
    const labels = { server: clip(server), tool: clip(tool) };
    this.#byTool.set(id, labels);
    return labels;
  }

  #others(server: string): ToolLabels {
    const labels = this.#byServer.get(server) ?? { server, tool: OTHER };
    this.#byServer.set(server, labels);
    return labels;
  }
}

/** Names, bounded in number: those beyond become `other`. */
export class BoundedNames {
  readonly #max: number;
  readonly #names = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  of(name: string): string {
    const shown = clip(name);
    if (!this.#names.has(shown) && this.#names.size >= this.#max) return OTHER;
    this.#names.add(shown);
    return shown;
  }
}
