import { type Challenge, LoginNeeded } from './login-needed.ts';

/** The challenge in an error or one of its causes; undefined if a login would not help. */
export function challengeIn(error: unknown): Challenge | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof LoginNeeded) return each.challenge;
  }
  return undefined;
}
