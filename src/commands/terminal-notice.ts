/** What somebody reads who has started at a terminal what clients start. */
export const TERMINAL_NOTICE = `mcp-gateway serves an MCP client over stdio: it waits for JSON-RPC, a message a line, on stdin.
A client starts it by itself: mcp-gateway install <client> writes its entry. Commands for people: mcp-gateway --help
Ctrl-C or Ctrl-D ends it.
`;
