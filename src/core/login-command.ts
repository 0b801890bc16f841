/** What a person runs to log in to a server. */
export function loginCommand(server: string): string {
  return `mcp-gateway login ${wordOf(server)}`;
}

/** What a person runs to switch a server on. */
export function enableCommand(server: string): string {
  return `mcp-gateway enable ${wordOf(server)}`;
}

/** A text as one word of a shell. */
function wordOf(text: string): string {
  return /^[\w@%+:,./][\w@%+:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
