/** First id of our requests: a number, because some servers accept no text; high, so that none is taken for another's. */
export const FIRST_ID = 1_000_000;

/** One of our ids as a server gave it back: some write numbers as text. Undefined when it is none of ours. */
export function requestId(id: unknown): number | undefined {
  const number = typeof id === 'string' && /^\d{7,15}$/.test(id) ? Number(id) : id;
  return typeof number === 'number' && number >= FIRST_ID ? number : undefined;
}
