import type { JsonObject } from '../../../../src/core/json.ts';
import type { OfferedTool } from '../../../hosts/model-dialect.ts';
import type { Laboratory } from '../../performance/laboratory.ts';
import type { Call, Scene, ToolAnswer } from '../scene.ts';

/** The ways in which a model reaches tools, in the order of tables. */
export const ARMS = ['all', 'gateway', 'original'] as const;
export type ArmName = (typeof ARMS)[number];

/** What is between the model and the servers of a scene. */
export interface Arm {
  /** Added to the system prompt; may be empty. */
  readonly instructions: string;
  readonly tools: readonly OfferedTool[];
  /** The call of a server's tool that a call of the model stands for; undefined: none. */
  meant(name: string, input: JsonObject): Call | undefined;
  call(name: string, input: JsonObject): Promise<ToolAnswer>;
}

export type OpenArm = (scene: Scene, lab: Laboratory) => Promise<Arm>;

/** The call that an `invoke` or `invoke_async` of a meta-tool design stands for. */
export function invoked(name: string, { id, args = {} }: JsonObject): Call | undefined {
  const isCall = (name === 'invoke' || name === 'invoke_async') && typeof id === 'string';
  return isCall && typeof args === 'object' && args !== null ? { id, args: args as JsonObject } : undefined;
}
