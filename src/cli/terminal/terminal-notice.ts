import { wrapLines } from './text-layout.ts';

const NOTICE = `mcp-gateway serves an MCP client over stdio: it waits for JSON-RPC, a message a line, on stdin.
A client starts it by itself: mcp-gateway install <client> writes its entry. Commands for people: mcp-gateway --help
Ctrl-C or Ctrl-D ends it.
`;

/** Tells a person who serves stdio at a terminal that a client is expected there: else they would wait in vain. */
export function tellPerson(): void {
  process.stderr.write(wrapLines(NOTICE, process.stderr.columns));
}
