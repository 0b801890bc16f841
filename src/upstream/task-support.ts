import type { ToolExecution } from '@modelcontextprotocol/sdk/types.js';
import { isJsonObject } from '../core/json.ts';
import type { ToolDefinition } from '../core/tool.ts';

export type TaskSupport = NonNullable<ToolExecution['taskSupport']>;

/** How a tool may be run as a task: its `execution.taskSupport`; the protocol's default is `forbidden`. */
export function taskSupport(tool: ToolDefinition): TaskSupport {
  const support = isJsonObject(tool.execution) ? tool.execution.taskSupport : undefined;
  return support === 'required' || support === 'optional' ? support : 'forbidden';
}
