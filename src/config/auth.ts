import * as z from 'zod';
import { strict, strings } from './parts.ts';

const jwt = strict({
  secret: z.string().min(1).optional().describe('Shared secret for HS algorithms.'),
  jwksUrl: z.url().optional().describe('Where the signing keys are published.'),
  issuer: z.string().min(1).optional().describe('Expected `iss`; its discovery document also leads to the keys.'),
  audience: z.string().min(1).optional().describe('Expected `aud`.'),
  algorithms: strings.min(1).optional().describe('Accepted signature algorithms.'),
}).refine(({ secret, jwksUrl, issuer }) => secret ?? jwksUrl ?? issuer, 'one of secret, jwksUrl or issuer');

/** Who may call over HTTP. */
export const auth = z.discriminatedUnion(
  'strategy',
  [
    strict({ strategy: z.literal('none') }),
    strict({ strategy: z.literal('api-key'), apiKeys: strings.min(1, 'at least one key') }),
    strict({ strategy: z.literal('jwt'), jwt }),
  ],
  { error: ({ code }) => (code === 'invalid_union' ? 'one of "none", "api-key", "jwt"' : 'an object') },
);
