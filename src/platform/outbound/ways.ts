/** By what way answers came that a proxy may have given itself. */
const ways = new WeakMap<Response, string>();

/** Notes, in words for a person, by what way an answer came. */
export function noteWay(response: Response, words: string): Response {
  ways.set(response, words);
  return response;
}

/** Those words, to stand at the end of what is said of the answer; "" for one that came straight from its server. */
export function wayOf(response: Response): string {
  const words = ways.get(response);
  return words === undefined ? '' : `; it came by way of ${words}`;
}
