import type { JsonObject } from '../../src/core/json.ts';
import type { HostProcess } from './host-process.ts';
import type { Dialect } from './model-dialect.ts';

/** What a host asks its user: whether a tool may be called, or a question of a server. */
export interface Question {
  /** The tool by the host's name, or the text of a server's question. */
  readonly about: string;
  readonly kind: 'permission' | 'elicitation';
  /** All that the host tells of it, as JSON. */
  readonly details: string;
}

/** What the person says: yes, no, or what was asked for. */
export type Reply = 'allow' | 'deny' | JsonObject;

/** Decides on the question of that number, from 0; undefined: no. */
export type Decision = (question: Question, nth: number) => Reply | undefined;

/** A program that people use MCP servers with, as npm has it. */
export interface Host {
  /** As `mcp-gateway install` calls it. */
  readonly id: string;
  /** The npm package, and the command in it. */
  readonly package: string;
  readonly program: string;
  /** How it introduces itself to servers, beside its version. */
  readonly introduction: { readonly name: string; readonly capabilities: JsonObject };
  /** Whether a person who is asked for a tool is told what it would be called with. */
  readonly showsArguments: boolean;
  readonly dialect: Dialect;
  /** Its settings of the user with these servers, relative to the home, and where the servers stand in it. */
  readonly settings: {
    readonly path: string;
    readonly at: string;
    text(servers: Readonly<Record<string, string[]>>): string;
  };
  /** Hosts on the network that it asks for though it is told to ask none. */
  readonly strays: readonly string[];
  /** How its model knows a tool of a server. */
  toolName(server: string, tool: string): string;
  /** What leads it to the model, and keeps it from everything else. */
  env(modelAddress: string): Record<string, string>;
  /** The words of a run with one prompt and no person; all tools of the gateway are allowed. */
  words(prompt: string): string[];
  /** A run with a person, who decides; resolves with what was asked when the model has nothing more to say. */
  attended(start: StartHost, prompt: string, decide: Decision): Promise<AttendedRun>;
}

/** Starts the program with words and variables more. */
export type StartHost = (words: readonly string[], env?: Readonly<Record<string, string>>) => HostProcess;

export interface AttendedRun {
  readonly process: HostProcess;
  readonly questions: readonly Question[];
}
