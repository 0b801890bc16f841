/** The proxy, in words, by which a response came that the proxy itself may have given. */
const ways = new WeakMap<Response, string>();

/** Notes in words for a person through which proxy a response came. */
export function noteWay(response: Response, words: string): Response {
  ways.set(response, words);
  return response;
}

/** These words as the end of a sentence about the response; "" if it came directly from its server. */
export function wayOf(response: Response): string {
  const words = ways.get(response);
  return words === undefined ? '' : `; it came by way of ${words}`;
}
