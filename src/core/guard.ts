import type { CallContext, CallPolicy, ToolCall, Visibility } from './call.ts';
import type { ToolDefinition, ToolEntry } from './tool.ts';

/** A guard between callers and the tools of servers: rules, trust, a count. Each member may be absent. */
export interface Guard {
  /** Hides tools: search, describe and invoke do not know a tool that is not visible. */
  readonly visible?: Visibility;
  /**
   * Called before a call begins, takes a place in a queue or starts its server; rejects to refuse it. Resolves with the
   * time in ms that a person took to decide, which does not count as the call's time. Undefined: it may begin at once.
   */
  readonly admit?: (call: ToolCall, context: CallContext) => Promise<number> | undefined;
  /** Watches, delays or refuses calls. */
  readonly policy?: CallPolicy;
  /** Returns warnings about a tool, in sentences, for the model or person that chooses it. */
  readonly remarks?: (tool: ToolEntry) => readonly string[];
  /** Called when a server has listed its tools, before a search can find any of them. */
  readonly listed?: (server: string, tools: readonly ToolDefinition[]) => void;
  /** Resolves when the guard has written all that it stores. */
  readonly close?: () => Promise<void>;
}

/** Follows what callers do besides calls. Its methods must not throw, and take next to no time. */
export interface ActivityObserver {
  /** Called when a caller's query was answered with these tools, given by their ids; empty: the search found none. */
  searched(owner: string, shown: readonly string[]): void;
}
