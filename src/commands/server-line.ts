import { loginCommand } from '../core/login-command.ts';
import type { ServerView } from '../server-views.ts';

/** A server on one line: its name, then its tools, or why they cannot be called and what to do. */
export function serverLine({ id, status, tools, error }: ServerView, width: number): string {
  const count = tools === 1 ? '1 tool' : `${tools} tools`;
  const told: Record<ServerView['status'], string> = {
    ready: count,
    idle: `${count}, starts at its first use`,
    connecting: error ? `failed: ${error}; being tried again` : 'still starting',
    waiting: `failed: ${error}; is tried again`,
    needs_auth: `needs a login: ${loginCommand(id)}`,
    closed: 'closed',
    misconfigured: `left out: ${error}`,
    disabled: 'disabled',
  };
  return `${id.padEnd(width)}  ${told[status]}`;
}
