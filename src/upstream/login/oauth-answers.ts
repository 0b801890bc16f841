import { OAuthError } from '@modelcontextprotocol/client';
import { clip } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.ts';
import { TargetRefused } from '../../platform/outbound/outbound.ts';

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

/** Codes of known servers that differ from the standard, for codes that we act on. */
const SYNONYMS: Readonly<Record<string, string>> = {
  incorrect_client_credentials: 'invalid_client',
  client_not_found: 'invalid_client',
  unknown_client: 'invalid_client',
  invalid_client_id: 'invalid_client',
  bad_verification_code: 'invalid_grant',
  bad_refresh_token: 'invalid_grant',
};

/**
 * An answer of an authorization server. Its text is never repeated in messages, since a server may lead us to any host.
 */
export interface Answered {
  readonly url: URL;
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
}

/**
 * The tokens in the form that the SDK expects, or an error with its code only. Throws if the answer contains neither.
 */
export function normalizeTokens(answer: Answered): Response {
  const said = parseJsonObject(answer.text) ?? formIn(answer.text);
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

/**
 * The registered client in the form that the SDK expects; members that the answer lacks are taken from the request.
 * Throws if we were not registered.
 */
export function normalizeClient(answer: Answered, asked: unknown): Response {
  const said = parseJsonObject(answer.text);
  const client = answer.ok && said ? members(said, CLIENT, answer.url) : {};
  if (client.client_id === undefined) throw new Error(refusal(answer, 'did not register us', codeOf(said)));
  const { redirect_uris } = (typeof asked === 'string' ? parseJsonObject(asked) : undefined) ?? {};
  return Response.json({ ...client, ...secretOf(client), redirect_uris: redirect_uris ?? [] }, { status: 201 });
}

/**
 * Largest number that is taken for seconds since 1970; it lies thousands of years ahead. Larger ones are milliseconds.
 */
const MAX_SECONDS = 100_000_000_000;

/**
 * Corrected members about a client's secret. Without a secret, there is no expiry and no authentication method that
 * uses one. A secret that was just issued cannot have expired, so an expiry in the past counts as none: it is used
 * until it is refused.
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

/** The code of an error: the characters that RFC 6749 allows, at most 100. */
function codeOf(said: JsonObject | undefined): string | undefined {
  const error = isJsonObject(said?.error) ? (said.error.code ?? said.error.type) : said?.error;
  if (typeof error !== 'string' || error === '') return undefined;
  const code = clip(error.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, ''), MAX_CODE);
  const name = code.trim().toLowerCase().replace(/ /g, '_');
  return SYNONYMS[name] ?? (name.startsWith('invalid_') ? name : code);
}

/** Fields of a form. Some servers answer with a form whatever is requested. */
function formIn(text: string): JsonObject | undefined {
  const form = text.includes('=') && !/[<{\s]/.test(text) ? Object.fromEntries(new URLSearchParams(text)) : {};
  return (form.access_token ?? form.error) ? form : undefined;
}

/** Scopes separated by spaces (RFC 6749, 3.3). Some servers use commas. */
function spaced(scope: string): string {
  return scope.includes(' ') ? scope : scope.replaceAll(',', ' ');
}

/** Type of a member of a document. */
type MemberKind = 'text' | 'list' | 'url' | 'number' | 'flag';

/**
 * The known members of a document in their correct types: null and "" count as absent, numbers may be text, and a list
 * may be words or the other way round. Unknown and unreadable members are omitted.
 */
function members(document: JsonObject, kinds: Readonly<Record<string, MemberKind>>, base: URL): JsonObject {
  const read = Object.entries(kinds).map(([name, kind]) => [name, READ[kind](own(document, name), base)]);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

const READ: Readonly<Record<MemberKind, (value: unknown, base: URL) => unknown>> = {
  text: (value) => {
    if (typeof value === 'number') return String(value);
    const text = Array.isArray(value) ? words(value).join(' ') : value;
    return typeof text === 'string' && text !== '' ? text : undefined;
  },
  list: (value) => {
    if (typeof value === 'string') return value.split(/[\s,]+/).filter((word) => word !== '');
    return Array.isArray(value) ? words(value) : undefined;
  },
  // An absolute address stays as written, because addresses are compared as texts.
  url: (value, base) => {
    if (typeof value !== 'string' || value === '') return undefined;
    if (URL.canParse(value)) return value;
    return URL.canParse(value, base.href) ? new URL(value, base).href : undefined;
  },
  number: (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
  },
  flag: (value) => (typeof value === 'boolean' ? value : ({ true: true, false: false } as JsonObject)[String(value)]),
};

function words(values: readonly unknown[]): string[] {
  return values.filter((value): value is string => typeof value === 'string' && value !== '');
}

function own(document: JsonObject, name: string): unknown {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

const RESOURCE: Readonly<Record<string, MemberKind>> = {
  resource: 'text',
  authorization_servers: 'list',
  scopes_supported: 'list',
  bearer_methods_supported: 'list',
  resource_name: 'text',
};

const SERVER: Readonly<Record<string, MemberKind>> = {
  issuer: 'text',
  authorization_endpoint: 'url',
  token_endpoint: 'url',
  registration_endpoint: 'url',
  revocation_endpoint: 'url',
  jwks_uri: 'url',
  scopes_supported: 'list',
  response_types_supported: 'list',
  grant_types_supported: 'list',
  token_endpoint_auth_methods_supported: 'list',
  revocation_endpoint_auth_methods_supported: 'list',
  code_challenge_methods_supported: 'list',
  subject_types_supported: 'list',
  id_token_signing_alg_values_supported: 'list',
  client_id_metadata_document_supported: 'flag',
  authorization_response_iss_parameter_supported: 'flag',
};

const WELL_KNOWN = /\/\.well-known\/(?:oauth-authorization-server|openid-configuration)/;

/**
 * Metadata of a resource or an authorization server in the form that the SDK expects. The SDK is strict about members
 * that are not needed: it would refuse a good server for a null. `url` is the address of the document, `resource` the
 * server that the login is for. Throws if a needed member is missing.
 */
export function normalizeMetadata(document: JsonObject, url: URL, resource: URL): JsonObject {
  const isServer = WELL_KNOWN.test(url.pathname) || document.token_endpoint !== undefined;
  return isServer ? normalizeServer(document, url) : normalizeResource(document, url, resource);
}

function normalizeResource(document: JsonObject, url: URL, resource: URL): JsonObject {
  const { authorization_servers: listed } = document;
  const flat = Array.isArray(listed) ? { ...document, authorization_servers: listed.map(issuerIn) } : document;
  const { authorization_servers: named, resource: own, ...known } = members(flat, RESOURCE, url);
  const servers = Array.isArray(named) ? named.filter((each) => URL.canParse(each)).map(withSlash) : [];
  return {
    // Without a `resource` the document describes the server that was asked.
    resource: own === undefined ? resource.href.replace(/#.*/s, '') : addressIn(String(own), url, resource),
    ...known,
    ...(servers.length > 0 && { authorization_servers: servers }),
  };
}

/** Address of an authorization server. Some documents list objects instead of addresses. */
function issuerIn(listed: unknown): unknown {
  return isJsonObject(listed) ? (listed.issuer ?? listed.url) : listed;
}

/**
 * The address of a resource, given as address or path. Throws if it is neither: a token for it would be for an unknown
 * resource.
 */
function addressIn(text: string, url: URL, resource: URL): string {
  if (/^https?:/i.test(text) && URL.canParse(text)) return text;
  if (text.startsWith('/') && URL.canParse(text, url.href)) return new URL(text, url).href;
  // A `TargetRefused`, because after any other error the SDK continues as if there were no document.
  throw new TargetRefused(
    `the document at ${shown(url)} has a "resource" that is no http(s) address: whoever runs the server has to write ${shown(resource)} there`,
  );
}

/** Adds the slash at the end: the SDK accepts an issuer without it for one with it, but not the other way round. */
function withSlash(server: string): string {
  return /[?#]|\/$/.test(server) ? server : `${server}/`;
}

function normalizeServer(document: JsonObject, url: URL): JsonObject {
  const known = members(document, SERVER, url);
  for (const name of ['authorization_endpoint', 'token_endpoint'])
    if (known[name] === undefined) throw new Error(`the document at ${shown(url)} names no "${name}"`);
  const methods = known.code_challenge_methods_supported;
  return {
    issuer: url.origin + url.pathname.replace(WELL_KNOWN, '').replace(/\/$/, ''),
    response_types_supported: ['code'],
    // OpenID Connect demands these members, and we use none of them.
    jwks_uri: url.origin,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    ...known,
    // An empty list says nothing.
    ...(Array.isArray(methods) && methods.length === 0 && { code_challenge_methods_supported: undefined }),
  };
}

/** An address for messages: without its query, which may be secret. */
function shown({ origin, pathname }: URL): string {
  return origin + pathname;
}

/** The error of a login, reduced to its code if it comes from an authorization server. */
export function withoutForeignText(error: unknown): unknown {
  if (!(error instanceof OAuthError)) return error;
  return new Error(`${clip(String(error.code), 100)} (said by the authorization server)`);
}
