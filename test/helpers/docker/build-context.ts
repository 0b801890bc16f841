import { readFileSync } from 'node:fs';

/** Tells whether a path, relative to the build's context, is sent to the builder: a folder as soon as anything in it is. */
export type InContext = (path: string) => boolean;

/** Reads a .dockerignore that ignores everything but named paths; throws for one written in any other way. */
export function readContext(file: string): InContext {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [first, ...rest] = lines;
  const odd = rest.find((line) => !/^![\w./-]+$/.test(line));
  if (first !== '*' || odd !== undefined) throw new Error(`${file}: "${odd ?? first}" is neither "*" nor "!path"`);
  const sent = rest.map((line) => line.slice(1));
  return (path) => sent.some((entry) => isWithin(path, entry) || isWithin(entry, path));
}

function isWithin(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}
