import { type Challenge, LoginNeeded } from './login-needed.ts';

/** The login that an error, or a cause of it, asks for; undefined when a login would not help. */
export function challengeIn(error: unknown): Challenge | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof LoginNeeded) return each.challenge;
  }
  return undefined;
}
