import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client';
import type { HttpAnswer } from '../../platform/outbound/http-answer.ts';
import type { Challenge } from './login-needed.ts';

/** Reads the `WWW-Authenticate` of a refusal: the scope and the address of the metadata that it names, if any. */
export function challengeIn(answer: HttpAnswer): Pick<Challenge, 'scope' | 'resourceMetadataUrl'> {
  const headers = { 'www-authenticate': answer.header('www-authenticate') ?? '' };
  const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(new Response(null, { headers }));
  return { ...(scope && { scope }), ...(resourceMetadataUrl && { resourceMetadataUrl }) };
}
