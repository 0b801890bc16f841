import type { ServerView } from '../../broker/server-views.ts';
import { loginCommand } from '../../core/login-command.ts';
import { SERVER_STATES } from '../../core/server-state.ts';

/**
 * A server on one line: its name, where it stands, then its tools, or why they cannot be called and what to do; without
 * the why where whoever reads it was told that just before.
 */
export function serverLine({ id, status, tools, error }: ServerView, width: number, isTold = false): string {
  const count = tools === 1 ? '1 tool' : `${tools} tools`;
  const more: Partial<Record<ServerView['status'], string>> = {
    ready: count,
    idle: `${count}, starts at its first use`,
    failing: `${isTold ? '' : `${error}; `}it is tried again`,
    needs_auth: loginCommand(id),
    misconfigured: `${isTold ? '' : `${error}; `}left out`,
  };
  const told = more[status];
  return `${id.padEnd(width)}  ${SERVER_STATES[status]}${told ? `: ${told}` : ''}`;
}
