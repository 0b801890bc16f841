import type { CallPolicy, Visibility } from './call.ts';
import type { ToolDefinition, ToolEntry } from './tool.ts';

/** Something that stands between callers and the tools of servers: rules, trust, a count. Each part may be absent. */
export interface Guard {
  /** What is not visible is unknown: to search, describe and invoke alike. */
  readonly visible?: Visibility;
  /** Watches, delays or refuses calls. */
  readonly policy?: CallPolicy;
  /** What whoever chooses this tool should know about it, in sentences. */
  readonly remarks?: (tool: ToolEntry) => readonly string[];
  /** A server has listed its tools: heard before any of them can be found. */
  readonly listed?: (server: string, tools: readonly ToolDefinition[]) => void;
  /** Resolves when all that it keeps is kept. */
  readonly close?: () => Promise<void>;
}
