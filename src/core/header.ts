/** What has to become of a header before it can be sent (RFC 9110, 5.5); undefined where nothing has to. Never holds its value. */
export function headerProblem(name: string, value: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~\da-z-]+$/i.test(name)) return 'a header name of letters, digits and "-"';
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
