import { clip } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type MemberKind, members, objectIn } from './members.ts';

/** Longest error code that is repeated, in characters. */
const MAX_CODE = 100;

const TOKENS: Readonly<Record<string, MemberKind>> = {
  access_token: 'text',
  token_type: 'text',
  expires_in: 'number',
  refresh_token: 'text',
  scope: 'text',
  id_token: 'text',
};

const CLIENT: Readonly<Record<string, MemberKind>> = {
  client_id: 'text',
  client_secret: 'text',
  client_secret_expires_at: 'number',
  client_id_issued_at: 'number',
  token_endpoint_auth_method: 'text',
  scope: 'text',
};

/** Other words of known servers for codes on which something depends. */
const SYNONYMS: Readonly<Record<string, string>> = {
  incorrect_client_credentials: 'invalid_client',
  client_not_found: 'invalid_client',
  unknown_client: 'invalid_client',
  invalid_client_id: 'invalid_client',
  bad_verification_code: 'invalid_grant',
  bad_refresh_token: 'invalid_grant',
};

/** An answer of an authorization server: never repeated as it is, since we do not choose whom a server leads us to. */
export interface Answered {
  readonly url: URL;
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
}

/** Tokens as the SDK wants them, or the error's code and nothing else. Throws where neither can be read. */
export function mendedTokens(answer: Answered): Response {
  const said = objectIn(answer.text) ?? formIn(answer.text);
  const tokens = answer.ok && said ? members(said, TOKENS, answer.url) : {};
  const { access_token: token, scope } = tokens;
  if (typeof token === 'string') {
    if (!/^[\x21-\x7e]+$/.test(token)) throw new Error(`${answer.url.origin} gave a token that no header can carry`);
    return Response.json({
      token_type: 'Bearer',
      ...tokens,
      ...(typeof scope === 'string' && { scope: spaced(scope) }),
    });
  }
  const code = codeOf(said) ?? (answer.status === 401 ? 'invalid_client' : undefined);
  const mayPass = answer.status >= 500 || answer.status === 429;
  if (code === undefined || mayPass) throw new Error(refusal(answer, 'gave no token', code));
  return Response.json({ error: code }, { status: answer.ok ? 400 : answer.status });
}

/** A client as the SDK wants it: as it was asked for, where the answer does not say. Throws where we were not registered. */
export function mendedClient(answer: Answered, asked: unknown): Response {
  const said = objectIn(answer.text);
  const client = answer.ok && said ? members(said, CLIENT, answer.url) : {};
  if (client.client_id === undefined) throw new Error(refusal(answer, 'did not register us', codeOf(said)));
  const { redirect_uris } = (typeof asked === 'string' ? objectIn(asked) : undefined) ?? {};
  return Response.json({ ...client, ...secretOf(client), redirect_uris: redirect_uris ?? [] }, { status: 201 });
}

/** Seconds since 1970 are fewer for thousands of years: more are milliseconds. */
const MAX_SECONDS = 100_000_000_000;

/**
 * What can be meant by the members about a client's secret. Without one it neither ends nor proves who we are; and one that
 * was just given has not ended already, however that is written: it is used until it is refused.
 */
function secretOf({
  client_secret,
  client_secret_expires_at: ends,
  token_endpoint_auth_method: method,
}: JsonObject): JsonObject {
  if (client_secret === undefined)
    return {
      client_secret_expires_at: undefined,
      ...(/^client_secret_/.test(String(method)) && { token_endpoint_auth_method: 'none' }),
    };
  const seconds = Math.floor(Number(ends ?? 0) / (Number(ends) > MAX_SECONDS ? 1_000 : 1));
  return { client_secret_expires_at: seconds * 1_000 > Date.now() ? seconds : 0 };
}

function refusal({ url, status, ok }: Answered, what: string, code: string | undefined): string {
  const lack = ok && code === undefined ? ', and an answer without what it is for' : '';
  return `${url.origin} ${what}: HTTP ${status}${code === undefined ? lack : ` (${code})`}`;
}

/** The code of an error: visible characters that RFC 6749 has for it, not too many of them. */
function codeOf(said: JsonObject | undefined): string | undefined {
  const error = isJsonObject(said?.error) ? (said.error.code ?? said.error.type) : said?.error;
  if (typeof error !== 'string' || error === '') return undefined;
  const code = clip(error.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, ''), MAX_CODE);
  const name = code.trim().toLowerCase().replace(/ /g, '_');
  return SYNONYMS[name] ?? (name.startsWith('invalid_') ? name : code);
}

/** Fields of a form, which is how some answer whatever they are asked for. */
function formIn(text: string): JsonObject | undefined {
  const form = text.includes('=') && !/[<{\s]/.test(text) ? Object.fromEntries(new URLSearchParams(text)) : {};
  return (form.access_token ?? form.error) ? form : undefined;
}

/** Scopes are divided by spaces (RFC 6749, 3.3); some divide them by commas. */
function spaced(scope: string): string {
  return scope.includes(' ') ? scope : scope.replaceAll(',', ' ');
}
