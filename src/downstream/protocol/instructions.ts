import type { ServerConfig } from '../../config/schema.ts';
import { clip } from '../../core/errors.ts';
import type { ServerCatalog } from '../../core/server-catalog.ts';

/** Longest instructions, in characters: hosts cut them at 2,048. */
const MAX_CHARS = 2_000;
const MAX_PHRASE = 80;

const INTRODUCTION =
  'Gateway to the tools of other MCP servers. `search` for what you need, then `invoke` with the id and args that fit ' +
  'its signature; `describe` only if that does not suffice. Long work: `invoke_async`, then `job_status`.';

/** Returns a server's description of itself as it was when it last connected; undefined: not known. */
type About = (server: ServerConfig) => ServerCatalog['about'] | undefined;

/** The instructions for the model: how to use the meta-tools, and the servers with one phrase each, as many as fit. */
export function instructions(servers: readonly ServerConfig[], about: About = () => undefined): string {
  let text = INTRODUCTION;
  if (servers.length > 0) text += ' Servers:';
  for (const [index, server] of servers.entries()) {
    const phrase = onePhrase(server.description || ownPhrase(about(server)) || phraseOf(server));
    const line = phrase ? `\n- ${server.key}: ${phrase}` : `\n- ${server.key}`;
    const more = `\n- and ${servers.length - index} more: search with an empty query lists them`;
    if (text.length + line.length + more.length > MAX_CHARS) return text + more;
    text += line;
  }
  return text;
}

/**
 * The first sentence of the server's instructions, else its title: a sentence tells the purpose, a title seldom does.
 */
function ownPhrase({ instructions = '', title = '' }: ServerCatalog['about'] = {}): string {
  const [first = ''] = instructions.trim().split(/(?<=[.!?])\s|\n/, 1);
  return first.replace(/^#+\s*/, '') || title;
}

/** The host of a remote entry, or the package that a local one runs; empty for a mere path. */
function phraseOf(server: ServerConfig): string {
  if (server.type === 'remote') return new URL(server.url).host;
  const installed = server.command.map((word) => /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(word)?.[1]);
  const run = /^(npx|bunx|uvx|pnpx)$/.test(server.command[0] ?? '')
    ? server.command.slice(1).find((word) => !word.startsWith('-'))
    : undefined;
  return installed.find((name) => name !== undefined) ?? run ?? '';
}

function onePhrase(text: string): string {
  return clip(text.replace(/[\p{C}\s]+/gu, ' ').trim(), MAX_PHRASE);
}
