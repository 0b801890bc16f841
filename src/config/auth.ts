import { createHash } from 'node:crypto';
import * as z from 'zod';
import { hasScheme, strict, strings } from './schema-helpers.ts';

const SHA256 = /^sha256:[0-9a-f]{64}$/i;
/** Text that a header can carry as one word. */
const VISIBLE = /^[\x21-\x7e]+$/;
/** RFC 7518, 3.2: a secret shorter than the hash can be guessed from a single token. */
const MIN_SECRET_BYTES = 32;
const HS_ALGORITHMS = ['HS256', 'HS384', 'HS512'];
const ASYMMETRIC_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const keyText = z
  .string()
  .refine(
    (text) => (/^sha256:/i.test(text) ? SHA256 : VISIBLE).test(text),
    'a key of visible ASCII characters, or "sha256:" and the 64 hex digits of its SHA-256',
  );

const namedKey = strict({
  key: keyText.optional(),
  hash: z
    .string()
    .refine((text) => SHA256.test(withPrefix(text)), 'the 64 hex digits of the SHA-256 of the key')
    .optional(),
  id: z
    .string()
    .refine((text) => VISIBLE.test(text) && text.length <= 64, 'at most 64 visible ASCII characters')
    .optional(),
  roles: strings.optional(),
  tags: strings.optional(),
}).refine(({ key, hash }) => (key === undefined) !== (hash === undefined), { message: 'either key or hash', when });

const apiKey = z.union([keyText, namedKey], 'a key, its "sha256:…", or an object with key or hash, id, roles, tags');

/** A key as written: the key or its hash, alone or with id, roles and tags. */
export type ApiKey = z.infer<typeof apiKey>;

/** Ids of callers without a key. A key whose id has this form gets the prefix `key:`. */
const OF_OTHERS = /^(anonymous|local|gateway)$|^(user|client|key)[:@]/;

/** Returns the SHA-256 of a key as 64 lower-case hex digits, whether the key or its hash was written. */
export function hashOfKey(key: ApiKey): string {
  const text = typeof key === 'string' ? key : (key.key ?? withPrefix(key.hash ?? ''));
  return SHA256.test(text) ? text.slice(7).toLowerCase() : createHash('sha256').update(text).digest('hex');
}

/** Returns the id as written, or one made of the hash, which is the same for a key and for its hash. */
export function idOfKey(key: ApiKey): string {
  const id = (typeof key === 'string' ? undefined : key.id) ?? `key-${hashOfKey(key).slice(0, 8)}`;
  return OF_OTHERS.test(id) ? `key:${id}` : id;
}

function withPrefix(hash: string): string {
  return /^sha256:/i.test(hash) ? hash : `sha256:${hash}`;
}

const apiKeys = z
  .array(apiKey, 'an array of keys')
  .min(1, 'at least one key')
  .superRefine((keys, context) => {
    const sameKey = repetitions(keys.map(hashOfKey));
    const [what, places]: [string, readonly Repetition[]] =
      sameKey.length > 0 ? ['key', sameKey] : ['id', repetitions(keys.map(idOfKey))];
    for (const [index, first] of places)
      context.addIssue({ code: 'custom', path: [index], message: `another ${what} than apiKeys[${first}] has` });
  })
  .describe('Keys: text, `sha256:` and its hash, or `{key or hash, id, roles, tags}`.');

type Repetition = readonly [index: number, first: number];

/** Returns the index of each value that occurred before, with the index of its first occurrence. */
function repetitions(values: readonly string[]): readonly Repetition[] {
  return values
    .map((value, index) => [index, values.indexOf(value)] as const)
    .filter(([index, first]) => first < index);
}

const httpUrl = z.string().refine((text) => hasScheme(text, ['http', 'https']), 'an http(s):// URL');

const jwt = strict({
  secret: z.string().min(1).optional().describe(`Shared secret for HS algorithms, at least ${MIN_SECRET_BYTES} bytes.`),
  jwksUrl: httpUrl.optional().describe('Where the signing keys are published.'),
  issuer: z.string().min(1).optional().describe('Expected `iss`; its discovery document also leads to the keys.'),
  audience: z.string().min(1).optional().describe('Expected `aud`.'),
  algorithms: z
    .array(z.string().refine(isKnown, `one of ${[...HS_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS].join(', ')}`))
    .min(1, 'at least one algorithm')
    .optional()
    .describe('Accepted signature algorithms; absent: HS ones with a secret, else all asymmetric ones.'),
  rolesClaim: z
    .string()
    .min(1)
    .optional()
    .describe('Claim that holds the roles, a list of texts; `a.b` is one within another; absent: `roles`.'),
  clockSkewSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(30)
    .describe('How far the clock of the issuer may be off in seconds.'),
})
  .refine(({ secret, jwksUrl, issuer }) => secret ?? jwksUrl ?? issuer, {
    message: 'one of secret, jwksUrl or issuer',
    when,
  })
  .refine(({ secret, jwksUrl }) => secret === undefined || jwksUrl === undefined, {
    message: 'either secret or jwksUrl',
    when,
  })
  .refine(({ secret }) => secret === undefined || Buffer.byteLength(secret) >= MIN_SECRET_BYTES, {
    path: ['secret'],
    message: `at least ${MIN_SECRET_BYTES} bytes, such as \`openssl rand -hex 32\` prints`,
    when,
  })
  .refine(({ secret, jwksUrl, issuer }) => secret ?? jwksUrl ?? hasScheme(issuer ?? '', ['http', 'https']), {
    path: ['issuer'],
    message: 'an http(s):// URL, or a jwksUrl or secret beside it',
    when,
  })
  // A public key is not secret: if HS were accepted with it, anyone could sign tokens with it.
  .refine((settings) => algorithmsOf(settings).every((name) => familyOf(settings).includes(name)), {
    path: ['algorithms'],
    message: 'HS algorithms with a secret, asymmetric ones (RS, PS, ES, EdDSA) with jwksUrl or issuer',
    when,
  });

/** Settings for the check of tokens. */
export type JwtSettings = z.infer<typeof jwt>;

/** The settings that decide on the algorithms. */
interface Signed {
  readonly secret?: string | undefined;
  readonly algorithms?: readonly string[] | undefined;
}

/** Returns the accepted signature algorithms of tokens. */
export function algorithmsOf(settings: Signed): readonly string[] {
  return settings.algorithms ?? familyOf(settings);
}

function familyOf({ secret }: Signed): readonly string[] {
  return secret === undefined ? ASYMMETRIC_ALGORITHMS : HS_ALGORITHMS;
}

function isKnown(algorithm: string): boolean {
  return HS_ALGORITHMS.includes(algorithm) || ASYMMETRIC_ALGORITHMS.includes(algorithm);
}

/** Runs checks of several fields together only if each field is valid. */
function when({ issues }: { readonly issues: readonly unknown[] }): boolean {
  return issues.length === 0;
}

/** The schema of `auth`: which callers are accepted over HTTP. */
export const auth = z.discriminatedUnion(
  'strategy',
  [
    strict({ strategy: z.literal('none').describe('everybody') }),
    strict({ strategy: z.literal('api-key').describe('who has one of `apiKeys`'), apiKeys }),
    strict({ strategy: z.literal('jwt').describe('who has a token'), jwt: jwt.describe('How tokens are checked.') }),
  ],
  { error: ({ code }) => (code === 'invalid_union' ? 'one of "none", "api-key", "jwt"' : 'an object') },
);

/** Returns advice on valid settings: a place and a sentence each. */
export function authAdvice(settings: z.infer<typeof auth>): { readonly path: string[]; readonly text: string }[] {
  if (settings.strategy !== 'jwt' || settings.jwt.audience !== undefined || settings.jwt.secret !== undefined)
    return [];
  const text =
    'no audience: a token that the issuer made for any other service is accepted too; expected the audience of this gateway';
  return [{ path: ['jwt'], text }];
}
