import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** A step of a path to an argument: `.name`, `[2]`, `["odd name"]`. */
const STEP = /\.([^.[\]]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/g;

/** What a tool's schema found wrong with its arguments, as the `errors` that every other wrong request has. */
export function argumentErrors({ problems }: JsonObject): { readonly errors?: readonly JsonObject[] } {
  if (!Array.isArray(problems)) return {};
  const errors = problems.filter(isJsonObject).map(({ path, expected, found }) => ({
    pointer: pointerOf(String(path).replace(/^args/, '')),
    detail: found === 'nothing' ? String(expected) : `expected ${expected}; found ${found}`,
  }));
  return { errors };
}

/** A JSON pointer into the body. */
function pointerOf(path: string): string {
  const steps = [...path.matchAll(STEP)].map(([, name, index, quoted]) => name ?? index ?? quoted ?? '');
  return ['#', 'arguments', ...steps.map(escaped)].join('/');
}

function escaped(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));
}
