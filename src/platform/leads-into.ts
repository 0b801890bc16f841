import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { homeDirectory } from './home-directory.ts';
import { isWithin } from './project-root.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where an absolute path may begin, and where one may end within a list, an option or quotes. */
const START = process.platform === 'win32' ? /[a-z]:[\\/]/gi : /\//g;
const END = /[\\/\s:;,=?#&|"'`)]|$/g;

/**
 * Whether a path in a text (options, a list, a `file:` URL, words for a shell) is a directory or within it, through
 * whatever links, dots, escapes and variables it is written.
 */
export function leadsInto(directory: string, text: string, env: Environment): boolean {
  // Most variables hold no path at all.
  if (!/[\\/]/.test(decoded(text)) && !/[$~]/.test(text)) return false;
  return readings(text, env).some((each) => names(each, directory) || hasPathWithin(directory, each));
}

/** Whether a text has a directory itself in it, and not only one whose name begins in the same way. */
function names(text: string, directory: string): boolean {
  const after = text.split(directory).slice(1);
  return after.some((rest) => !/^[\p{L}\p{N}_.-]/u.test(rest));
}

/** As written, as a shell fills it in, without quotes, and as the path of a URL; each also with its dots taken together. */
function readings(text: string, env: Environment): string[] {
  const filled = text
    .replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => env[braced ?? bare] ?? '')
    .replace(/(?<![^\s:="'])~(?=\/)/g, homeDirectory(env));
  const unquoted = filled.replace(/["']|\\(?=[^\w])/g, '');
  const written = [text, filled, unquoted, decoded(text), decoded(unquoted)];
  return [...new Set(written.flatMap((each) => [each, posix.normalize(each)]))];
}

function hasPathWithin(directory: string, text: string): boolean {
  return Array.from(text.matchAll(START)).some(({ 0: root, index }) => isPathWithin(directory, text, index, root));
}

/** Longer and longer beginnings, as long as they are directories: a name may hold any character. */
function isPathWithin(directory: string, text: string, start: number, root: string): boolean {
  for (const { index, 0: end } of text.slice(start + root.length).matchAll(END)) {
    const path = text.slice(start, start + root.length + index);
    if (isWithin(directory, path)) return true;
    if (/[\\/]/.test(end) && !existsSync(path)) return false;
  }
  return false;
}

function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());
}
