import { findProjectFile } from './project-file.ts';
import { readRecord } from './project-record.ts';
import { readProjectFile } from './read-project-file.ts';

/** The file of a project and what it counts for; `text` is what does count. See `ProjectStatus`. */
export type Project = { readonly path: string } & (
  | { readonly status: 'confirmed' | 'changed'; readonly text: string }
  | { readonly status: 'unconfirmed' | 'declined' }
  | { readonly status: 'refused'; readonly reason: string }
);

/** Whose project it is: the user's home directory, and where the user's confirmations are kept. */
export interface ProjectOwner {
  readonly home: string;
  readonly dataDirectory: string;
}

/** The project that a directory belongs to, and whether its file is confirmed; undefined: it belongs to none. */
export function projectAt(directory: string, owner: ProjectOwner): Project | undefined {
  const path = findProjectFile(directory, owner.home);
  return path === undefined ? undefined : projectOf(path, owner.dataDirectory);
}

/** What a project's file counts for. Nothing in it is interpreted before it is confirmed. */
export function projectOf(path: string, dataDirectory: string): Project {
  const record = readRecord(dataDirectory, path);
  if (record !== undefined && record.text === undefined) return { path, status: 'declined' };
  const read = readProjectFile(path);
  if ('refused' in read) return { path, status: 'refused', reason: read.refused };
  const text = record?.text;
  if (text === undefined) return { path, status: 'unconfirmed' };
  return { path, status: text === read.text ? 'confirmed' : 'changed', text };
}
