import { clip } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { type ArgumentProblem, findProblems } from './find-problems.ts';
import { walkFrom } from './schema-walk.ts';

const MAX_PROBLEMS = 8;
const MAX_PATH_CHARS = 120;

/**
 * For what the tool's own schema surely refuses these arguments, at most 8 problems; none where anything is uncertain: an
 * unknown dialect, a remote reference, a keyword of doubtful meaning, more depth or size than is walked.
 */
export function checkArguments(schema: JsonObject, args: JsonObject): readonly ArgumentProblem[] {
  const walk = walkFrom(schema);
  const found = walk ? findProblems(schema, args, walk) : [];
  if (found.length === 0) return found;
  const different = new Map(found.map((one) => [`${one.path} ${one.expected}`, one]));
  return [...different.values()].slice(0, MAX_PROBLEMS).map((one) => ({
    ...one,
    path: clip(`args${one.path}`, MAX_PATH_CHARS),
  }));
}
