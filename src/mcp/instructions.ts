import type { ServerConfig } from '../config/schema.ts';
import { clip } from '../core/errors.ts';

/** Hosts cut server instructions at 2,048 characters. */
const MAX_CHARS = 2_000;
const MAX_PHRASE = 80;

const INTRODUCTION =
  'Gateway to the tools of other MCP servers. `search` for what you need, then `invoke` with the id and args that fit ' +
  'its signature; `describe` only if that does not suffice. Long work: `invoke_async`, then `job_status`.';

/** What the model is told at the start: how to work, and which servers there are, with one phrase each. */
export function instructions(servers: readonly ServerConfig[]): string {
  let text = INTRODUCTION;
  if (servers.length > 0) text += ' Servers:';
  for (const [index, server] of servers.entries()) {
    const phrase = onePhrase(phraseOf(server));
    const line = phrase ? `\n- ${server.key}: ${phrase}` : `\n- ${server.key}`;
    const more = `\n- and ${servers.length - index} more: search with an empty query lists them`;
    if (text.length + line.length + more.length > MAX_CHARS) return text + more;
    text += line;
  }
  return text;
}

/** The entry's own description, else what its address or command shows: a host or a package; nothing for a mere path. */
function phraseOf(server: ServerConfig): string {
  if (server.description) return server.description;
  if (server.type === 'remote') return new URL(server.url).host;
  const installed = server.command.map((word) => /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(word)?.[1]);
  const run = /^(npx|bunx|uvx|pnpx)$/.test(server.command[0] ?? '')
    ? server.command.slice(1).find((word) => !word.startsWith('-'))
    : undefined;
  return installed.find((name) => name !== undefined) ?? run ?? '';
}

function onePhrase(text: string): string {
  return clip(text.replace(/\s+/g, ' ').trim(), MAX_PHRASE);
}
