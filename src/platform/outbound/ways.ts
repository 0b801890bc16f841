import type { HttpAnswer } from './http-answer.ts';

/** The proxy, in words, by which an answer came that the proxy itself may have given. */
const ways = new WeakMap<HttpAnswer, string>();

/** Notes in words for a person through which proxy an answer came. */
export function noteWay(answer: HttpAnswer, words: string): HttpAnswer {
  ways.set(answer, words);
  return answer;
}

/** These words as the end of a sentence about the answer; "" if it came directly from its server. */
export function wayOf(answer: HttpAnswer): string {
  const words = ways.get(answer);
  return words === undefined ? '' : `; it came by way of ${words}`;
}
