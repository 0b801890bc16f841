import { OAuthError } from '@modelcontextprotocol/client';
import { clip } from '../../core/errors.ts';

/** What was thrown at a login, without what an authorization server has written into it beside the code. */
export function inOurWords(error: unknown): unknown {
  if (!(error instanceof OAuthError)) return error;
  return new Error(`${clip(String(error.code), 100)} (said by the authorization server)`);
}
