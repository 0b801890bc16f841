import * as z from 'zod';
import { MAX_TIMER_MS } from '../core/abort.ts';
import { parseProxy } from '../core/address.ts';
import { count, expose, hasScheme, headerMap, strict, strings, textMap, timer, words } from './schema-helpers.ts';
import { settingsSchema } from './settings.ts';

const healthCheck = strict({
  intervalMs: timer.default(30_000).describe('Milliseconds between two pings.'),
  timeoutMs: timer.default(5_000).describe('Milliseconds that an answer may take.'),
});

const common = {
  enabled: z.boolean().default(true).describe('Whether the gateway starts this server.'),
  tags: strings.default([]).describe('Labels that `search` can filter by.'),
  description: z.string().optional().describe('What the server is good for; shown to the model.'),
  timeoutMs: timer.optional().describe('Deadline in milliseconds for calls whose caller gives none.'),
  startTimeoutMs: timer
    .optional()
    .describe(
      'Milliseconds that a start may take, until the server has answered the handshake. Absent: 60000, for a local server whose process goes on 300000, as a first npx, uvx or docker has to fetch it.',
    ),
  maxConcurrency: count.optional().describe('Most calls running on this server at one time; absent: no limit.'),
  protocol: z
    .enum(['auto', '2025-11-25', '2026-07-28'])
    .optional()
    .describe('Protocol era to speak; absent: negotiated over HTTP, the 2025 handshake over stdio.'),
  expose: expose.prefault({}).describe('What clients get of this server beside its tools.'),
  start: z
    .enum(['auto', 'eager', 'lazy'])
    .default('auto')
    .describe(
      'When it starts: `auto` at its first use if its tools were learnt within 24 hours, else at once; `lazy` at its first use however long ago that was; `eager` at once.',
    ),
  idleTimeoutMs: z
    .int('a whole number, 0 or more')
    .min(0, 'a whole number, 0 or more')
    .max(MAX_TIMER_MS, `at most ${MAX_TIMER_MS}`)
    .optional()
    .describe(
      'Milliseconds without use after which it is stopped until its next use; 0: never. Absent: 600000 if all its tools are `readOnlyHint` and it is not `eager`, else never.',
    ),
  shared: z
    .boolean()
    .optional()
    .describe(
      'With several sessions: `true` has all share one connection, `false` gives each its own. Absent: over HTTP own ones for sessions that can be asked something, where the server cannot say whom it asks (before 2026-07-28); with `--shared` own ones where the server needs to know the session.',
    ),
  pin: z
    .boolean()
    .optional()
    .describe(
      'Blocks tools whose definition is not the one that was first seen, and new ones, until `mcp-gateway trust` accepts them; absent: as `pin` of the gateway.',
    ),
  roots: strings
    .optional()
    .describe(
      "Folders that the server is told as roots, whoever calls, in place of the client's; `~` is the home directory, a relative one starts at the file's folder. Absent: those of the client; the command line offers none.",
    ),
  healthCheck: healthCheck
    .optional()
    .describe('Pings it while it is connected, and connects anew if it does not answer; absent: no pings.'),
};

const local = {
  command: words
    .min(1, 'a non-empty array of strings')
    .refine(([program]) => program !== '', { path: [0], message: 'the name of a program' })
    .describe('Program and arguments that start the server over stdio.'),
  environment: textMap
    .prefault({})
    .describe('Variables added to the inherited environment; what `auth` names is not inherited.'),
  cwd: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Working directory; absent: the file's folder. `~` is the home directory, `.` the directory in which the client starts the gateway; another relative one starts at the file's folder.",
    ),
};

const oauth = strict({
  clientId: z
    .string()
    .min(1)
    .optional()
    .describe('Client registered beforehand; absent: the gateway registers itself.'),
  clientSecret: z.string().min(1).optional().describe('Secret of that client.'),
  clientMetadataUrl: z
    .string()
    .refine((text) => hasScheme(text, ['https']) && new URL(text).pathname !== '/', 'an https:// URL with a path')
    .optional()
    .describe('Client metadata document, used as client id where the authorization server takes one.'),
  issuer: z
    .string()
    .refine((text) => hasScheme(text, ['http', 'https']), 'an http(s):// URL')
    .optional()
    .describe('Authorization server that `clientId` belongs to; no other gets its secret.'),
  scope: z
    .string()
    .min(1)
    .optional()
    .describe('Scopes to ask for, separated by spaces; absent: those that the server names.'),
  callbackPort: z
    .int('a port')
    .min(1, 'a port')
    .max(65_535, 'a port')
    .optional()
    .describe('Port on localhost to which the browser returns; absent: a free one.'),
  grant: z
    .enum(['authorization_code', 'client_credentials'])
    .default('authorization_code')
    .describe('`client_credentials` logs in the gateway itself, without a person.'),
}).refine(({ grant, clientId, clientSecret }) => grant !== 'client_credentials' || (clientId && clientSecret), {
  path: ['grant'],
  message: 'clientId and clientSecret beside "client_credentials"',
});

/** The settings of the login to a server. */
export type OAuthConfig = z.infer<typeof oauth>;

const PROXY_TEXT = 'the address of a proxy, such as http://host:port, or false';

const remote = {
  url: z
    .string()
    .refine((text) => hasScheme(text, ['http', 'https', 'ws', 'wss']), 'an http(s):// or ws(s):// URL')
    .describe('Address of the server, http(s):// or ws(s)://.'),
  transport: z
    .enum(['streamable_http', 'websocket', 'sse'])
    .optional()
    .describe('Overrides the detection: WebSocket for ws(s)://, else Streamable HTTP, then SSE.'),
  headers: headerMap.prefault({}).describe('HTTP headers sent with every request.'),
  proxy: z
    .union(
      [z.literal(false), z.string().refine((text) => text === '' || parseProxy(text) !== undefined, PROXY_TEXT)],
      PROXY_TEXT,
    )
    .optional()
    .describe(
      'Proxy on the way to it and to its authorization server, http://, https:// or socks5://; `false`: none. Absent: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` of the environment.',
    ),
  oauth: z
    .union([z.literal(false), oauth], 'false or an object')
    .optional()
    .describe(
      'Login over HTTP where the server asks for one; `false`: never. Without it an `Authorization` header means never.',
    ),
};

const localServer = z.strictObject({ type: z.literal('local'), ...common, ...local });
const remoteServer = z.strictObject({ type: z.literal('remote'), ...common, ...remote }).refine(fitsScheme, {
  path: ['transport'],
  message: 'a transport that fits the URL: "websocket" for ws(s)://, no other',
});

function fitsScheme({ url, transport }: { url: string; transport?: string | undefined }): boolean {
  return transport === undefined || transport === 'websocket' || hasScheme(url, ['http', 'https']);
}

/** One server whose `type` is written or derived. Keys of the other type only are unrecognized. */
export const serverSchema = z.discriminatedUnion('type', [localServer, remoteServer], 'one of "local", "remote"');

/**
 * One server of the configuration: `local` is a process that we start, `remote` an address. `key` names it everywhere.
 */
export type ServerConfig = z.infer<typeof serverSchema> & {
  key: string;
  /** Values filled in from files and from the gateway's `secrets`, which are blanked in all texts. */
  secrets?: readonly string[];
  /**
   * Values filled in from variables, which are blanked in our texts, because it is unknown which of them are secret.
   */
  filledIn?: readonly string[];
  /**
   * Folder of the file that names it: the working directory of a local server without a `cwd`. Absent: the home
   * directory.
   */
  folder?: string;
  /** Variables that a local server does not inherit. */
  unset?: readonly string[];
  /** The `login.keychain` of the gateway's settings; absent: `auto`. */
  keychain?: 'never';
};

/** Every field of an entry, as written in the native shape. */
const nativeEntry = z
  .strictObject({
    type: z.enum(['local', 'remote']).describe('May be left out where `command` or `url` makes it plain.'),
    ...common,
    ...local,
    ...remote,
  })
  .partial();

const spawnFields = {
  command: z.union([z.string(), words]).optional().describe('Program, or program and arguments.'),
  args: words.optional().describe('Arguments after `command`.'),
  env: textMap.optional().describe('As `environment`.'),
  disabled: z.boolean().optional().describe('`true` is `enabled: false`.'),
  timeout: common.timeoutMs.describe('As `timeoutMs`.'),
};
/** Words that the listed and mcpServers shapes use for a transport. */
export const TRANSPORT_WORDS = [
  ...['stdio', 'http', 'streamable_http', 'streamable-http', 'streamableHttp'],
  ...['sse', 'websocket', 'ws', 'local', 'remote'],
] as const;
const transportWord = z
  .enum(TRANSPORT_WORDS)
  .optional()
  .describe('How the server is reached; `http` tries Streamable HTTP, then SSE.');

const listedEntry = nativeEntry.extend({
  ...spawnFields,
  id: z.string().optional().describe('Key of the server; else `name`.'),
  name: z.string().optional().describe('Key of the server where `id` is absent.'),
  type: transportWord,
  transport: transportWord,
});
const mcpServersEntry = nativeEntry.extend({ ...spawnFields, type: transportWord, transport: transportWord });

/** Names that an entry may use, by the shape of the file. */
export const ENTRY_KEYS = {
  flat: Object.keys(nativeEntry.shape),
  listed: Object.keys(listedEntry.shape),
  mcpServers: Object.keys(mcpServersEntry.shape),
};

const ignored = z.string().optional().describe('For editors; ignored.');

/** Returns the JSON Schema of a configuration file, for editors: the flat map, the listed and the mcpServers shape. */
export function jsonSchema(): Record<string, unknown> {
  const beside = { $schema: ignored, ...settingsSchema.shape };
  const listed = z.strictObject({ ...beside, servers: z.array(listedEntry) });
  const named = z.strictObject({ ...beside, mcpServers: z.record(z.string(), mcpServersEntry) });
  const flat = z.object({ $schema: ignored, $gateway: settingsSchema.optional() }).catchall(nativeEntry);
  const file = z.union([listed, named, flat]).meta({ title: 'mcp-gateway configuration' });
  return z.toJSONSchema(file, { io: 'input', reused: 'ref' });
}
