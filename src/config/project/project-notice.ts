import type { Project } from './project.ts';

/** What a person has to know of a project's file, or to do; undefined where all is well. */
export function noticeOf(project: Project): string | undefined {
  const { path, status } = project;
  const file = visible(path);
  const command = `mcp-gateway allow ${quoted(path)}`;
  if (status === 'refused')
    return `${file}: the configuration of this project has no effect: ${visible(project.reason)}`;
  if (status === 'unconfirmed') {
    return `${file}: the configuration of this project has no effect until the user has read and confirmed it in a terminal: ${command}`;
  }
  if (status === 'changed') {
    return `${file}: the configuration of this project has changed; what was confirmed before stays in effect until the user has confirmed the change in a terminal: ${command}`;
  }
  return undefined;
}

function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '�');
}

/** As a POSIX shell takes it; a directory may be called anything. */
function quoted(path: string): string {
  return /^[\w./:@%+,=\\-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
