/** What follows `Bearer` in `Authorization`: one word, or null when it is not one; undefined where there is no such header. */
export function bearerOf(headers: Pick<Headers, 'get'>): string | null | undefined {
  const [scheme, ...words] = (headers.get('authorization') ?? '').trim().split(/[ \t]+/);
  if (scheme?.toLowerCase() !== 'bearer') return undefined;
  const [word] = words;
  return words.length === 1 && word !== undefined && !word.includes(',') ? word : null;
}
