/** Headers that say how a request is sent or which one it is: they are made anew for each, and others break it. */
const OF_HTTP = [
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'expect',
  'upgrade',
  'keep-alive',
  'trailer',
];
const OF_MCP = ['mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name', 'last-event-id'];

/** What has to become of a header before it can be sent (RFC 9110, 5.5); undefined where nothing has to. Never holds its value. */
export function headerProblem(name: string, value: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~\da-z-]+$/i.test(name)) return 'a header name of letters, digits and "-"';
  const whose = ownerOf(name.toLowerCase(), value.trim().toLowerCase());
  if (whose !== undefined) return `no ${name} header, which ${whose} says itself for each request: take it out`;
  const at = [...value.trim()].findIndex((character) => !/^[\t\x20-\x7e\x80-\xff]$/.test(character));
  if (at < 0) return undefined;
  const character = [...value.trim()][at] ?? '';
  const what = /[\r\n]/.test(character)
    ? 'a line break'
    : character < ' ' || character === '\x7f'
      ? 'a control character'
      : 'not Latin-1';
  return `a value that a header can carry: its character ${at + 1} is ${what}`;
}

/** What alone may say a header. A `Connection` that people copy from elsewhere is harmless. */
function ownerOf(name: string, value: string): string | undefined {
  if (OF_MCP.includes(name)) return 'MCP';
  const isKept = name === 'connection' && ['close', 'keep-alive'].includes(value);
  return OF_HTTP.includes(name) || (name === 'connection' && !isKept) ? 'HTTP' : undefined;
}
