/** What a person runs to log in to a server. */
export function loginCommand(server: string): string {
  const name = /^[\w@%+:,./][\w@%+:,./-]*$/.test(server) ? server : `'${server.replaceAll("'", "'\\''")}'`;
  return `mcp-gateway login ${name}`;
}
