import type { JsonObject } from '../../core/json.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { argumentsError } from './arguments-error.ts';
import { checkArguments } from './check-arguments.ts';
import { type MendedArguments, mendArguments } from './mend-arguments.ts';

/**
 * The arguments as the tool's own schema wants them, where it makes plain how. Throws `INVALID_ARGUMENTS` when they cannot
 * be right; `signature` is what the error then shows of the tool.
 */
export function fitArguments(tool: ToolEntry, given: JsonObject, signature: string): MendedArguments {
  const { inputSchema } = tool.definition;
  const fitted = mendArguments(inputSchema, given);
  const problems = checkArguments(inputSchema, fitted.args);
  if (problems.length > 0) throw argumentsError(tool, problems, signature);
  return fitted;
}
