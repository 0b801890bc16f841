import { basename, dirname, join, resolve } from 'node:path';
import {
  findProjectFile,
  PROJECT_FILE_NAMES,
  projectDirectories,
  withoutLinks,
} from '../../config/project/project-file.ts';
import { readRecord } from '../../config/project/project-record.ts';
import { GatewayError } from '../../core/errors.ts';
import { clientHome, type Terminal } from './terminal.ts';

/**
 * Absolute path of the project's file that a word means: the file itself, or the one that applies to a directory; without a
 * word to the working directory. A file that is gone is found by its record, where `dataDirectory` is given. Throws
 * `CONFIG_INVALID` where there is none.
 */
export function projectTarget(word: string | undefined, terminal: Terminal, dataDirectory?: string): string {
  const { home } = clientHome(terminal);
  const path = resolve(terminal.cwd, word ?? '.');
  if (isProjectName(basename(path))) return join(withoutLinks(dirname(path)), basename(path));
  const found = findProjectFile(path, home) ?? (dataDirectory && recorded(path, home, dataDirectory));
  if (found) return found;
  const names = `${PROJECT_FILE_NAMES[0]} (.jsonc, .yml, .yaml)`;
  throw new GatewayError('CONFIG_INVALID', `${path}: there is no ${names} in it or above it, short of ${home}`);
}

function isProjectName(name: string): boolean {
  return PROJECT_FILE_NAMES.some((known) => known === name);
}

function recorded(directory: string, home: string, dataDirectory: string): string | undefined {
  return projectDirectories(directory, home)
    .flatMap((each) => PROJECT_FILE_NAMES.map((name) => join(each, name)))
    .find((file) => readRecord(dataDirectory, file) !== undefined);
}
