import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, resolve } from 'node:path';

/** The place in which a program is looked up. */
export interface ProgramPlace {
  /** Absolute path. */
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly platform: NodeJS.Platform;
}

/** The absolute path of the program that a command's first word starts, or the reason that there is none. */
export async function findProgram(name: string, place: ProgramPlace): Promise<{ path: string } | { missing: string }> {
  const isPath = /[\\/]/.test(name);
  const folders = isPath ? [place.cwd] : (pathOf(place) ?? '').split(delimiter).filter((folder) => folder !== '');
  let found: string | undefined;
  for (const folder of folders) {
    for (const end of endings(name, place)) {
      const path = isAbsolute(name) ? `${name}${end}` : resolve(place.cwd, folder, `${name}${end}`);
      if (!(await isFile(path))) continue;
      if (await isExecutable(path)) return { path };
      found ??= path;
    }
  }
  if (found !== undefined) return { missing: `${found} is not executable` };
  return { missing: isPath ? `there is no file ${resolve(place.cwd, name)}` : `${name} is not on PATH` };
}

/** Windows spells PATH in several ways. */
function pathOf({ env }: ProgramPlace): string | undefined {
  return Object.entries(env).find(([name]) => name.toUpperCase() === 'PATH')?.[1];
}

function endings(name: string, { env, platform }: ProgramPlace): readonly string[] {
  if (platform !== 'win32' || /\.\w+$/.test(name)) return [''];
  return ['', ...(env.PATHEXT ?? '.COM;.EXE;.BAT;.CMD').split(';')];
}

export function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

export function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
