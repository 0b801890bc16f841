import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const SRC = resolve(import.meta.dirname, '../../../src');

/** One import of a source file. */
export interface Import {
  /** Path below `src`. */
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const IMPORT =
  /^(?:import|export)\s+(type\s+)?[^'"`;()]*?from\s+'([^']+)'|^import\s+()'([^']+)'|\bimport\(\s*()'([^']+)'/gm;

/** Paths of all source files below `src`. */
export const sourceFiles = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

/** Every import of a source file: of values and of types, at its top and on demand. */
export function importsOf(file: string): Import[] {
  const source = readFileSync(join(SRC, file), 'utf8');
  return [...source.matchAll(IMPORT)].map(([, type, from, , bare, , lazy]) => {
    return { file, specifier: from ?? bare ?? lazy ?? '', typeOnly: Boolean(type) };
  });
}

/** The imported file, below `src`; undefined for a package, or for a file outside of `src`. */
export function targetOf({ file, specifier }: Pick<Import, 'file' | 'specifier'>): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const target = relative(SRC, resolve(SRC, dirname(file), specifier));
  return target.startsWith('..') ? undefined : target;
}
