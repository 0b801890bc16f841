import type { CallContext, CallPolicy, ToolCall, Visibility } from './call.ts';
import type { ToolDefinition, ToolEntry } from './tool.ts';

/** Something that stands between callers and the tools of servers: rules, trust, a count. Each part may be absent. */
export interface Guard {
  /** A tool that is not visible is unknown to search, describe and invoke alike. */
  readonly visible?: Visibility;
  /**
   * Asked before a call begins, takes a place in a queue or starts its server; rejects to refuse it. Resolves with how long
   * a person thought about it, in ms, which is not the call's time. Undefined: it may begin at once.
   */
  readonly admit?: (call: ToolCall, context: CallContext) => Promise<number> | undefined;
  /** Watches, delays or refuses calls. */
  readonly policy?: CallPolicy;
  /** Warnings about a tool for whoever chooses it, in sentences. */
  readonly remarks?: (tool: ToolEntry) => readonly string[];
  /** A server has listed its tools: heard before any of them can be found. */
  readonly listed?: (server: string, tools: readonly ToolDefinition[]) => void;
  /** Resolves when all that it keeps is kept. */
  readonly close?: () => Promise<void>;
}

/** Follows what callers ask for beside calls. Its methods must not throw, and take next to no time. */
export interface ActivityObserver {
  /** A query of a caller was answered with these tools, by their ids; none: nothing was found. */
  searched(owner: string, shown: readonly string[]): void;
}
