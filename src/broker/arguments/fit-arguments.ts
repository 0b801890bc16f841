import { clip, GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { type ArgumentProblem, checkArguments, isMissing } from './check-arguments.ts';
import { type MendedArguments, mendArguments } from './mend-arguments.ts';

/**
 * Returns the arguments, changed to fit the tool's own schema if it leaves only one reading. Throws `INVALID_ARGUMENTS`
 * if it surely refuses them; the error shows the tool's parameters as `signature`.
 */
export function fitArguments(tool: ToolEntry, given: JsonObject, signature: string): MendedArguments {
  const { inputSchema } = tool.definition;
  const fitted = mendArguments(inputSchema, given);
  const problems = checkArguments(inputSchema, fitted.args);
  if (problems.length > 0) throw argumentsError(tool, problems, signature);
  return fitted;
}

const MAX_ID_CHARS = 120;
const MAX_PROBLEMS_CHARS = 600;
const MAX_SIGNATURE_CHARS = 320;

/**
 * Returns the error of a call that is refused before it is sent, in under 1,200 characters: the tool, each problem, and
 * the tool's parameters as `signature`, so that a model can correct itself in one turn. `details` has the tool's id and
 * the problems.
 */
export function argumentsError(
  { id }: ToolEntry,
  problems: readonly ArgumentProblem[],
  signature: string,
): GatewayError {
  const tool = clip(id, MAX_ID_CHARS);
  const parameters = clip(signature, MAX_SIGNATURE_CHARS);
  const message = `The call was not sent: ${tool} does not take these arguments. ${sentences(problems)} Its parameters: ${parameters}. Correct args and call again.`;
  return new GatewayError('INVALID_ARGUMENTS', message, { details: { tool, problems } });
}

function sentences(problems: readonly ArgumentProblem[]): string {
  const shown: string[] = [];
  let left = MAX_PROBLEMS_CHARS;
  for (const sentence of problems.map(sentenceOf)) {
    left -= sentence.length + 1;
    if (left < 0 && shown.length > 0) return [...shown, `And ${problems.length - shown.length} more.`].join(' ');
    shown.push(sentence);
  }
  return shown.join(' ');
}

function sentenceOf(problem: ArgumentProblem): string {
  const { path, expected, found } = problem;
  return isMissing(problem) ? `${path}: ${expected}.` : `${path}: expected ${expected}; found ${found}.`;
}
