import * as z from 'zod';
import { MAX_TIMER_MS } from '../core/abort.ts';
import { unknownKeys } from './finding.ts';

/** An object that names each key it does not know, with the nearest one it does. Messages in this file say what is expected. */
function strict<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, Object.keys(shape)) : undefined),
  });
}

const strings = z.array(z.string().min(1), 'an array of strings');
const count = z.int('a whole number above 0').positive('a whole number above 0');
/** What people write for an environment variable or a header: text, or a bare number or boolean that becomes text. */
const textMap = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()], 'a string, number or boolean').transform(String),
);

const expose = strict({
  resources: z.boolean().default(true).describe('Resources and their templates.'),
  prompts: z.boolean().default(true).describe('Prompts.'),
});

const healthCheck = strict({
  intervalMs: count
    .max(MAX_TIMER_MS, `at most ${MAX_TIMER_MS}`)
    .default(30_000)
    .describe('Milliseconds between two pings.'),
  timeoutMs: count
    .max(MAX_TIMER_MS, `at most ${MAX_TIMER_MS}`)
    .default(5_000)
    .describe('Milliseconds that an answer may take.'),
});

const common = {
  enabled: z.boolean().default(true).describe('Whether the gateway starts this server.'),
  tags: strings.default([]).describe('Labels that `search` can filter by.'),
  description: z.string().optional().describe('What the server is good for; shown to the model.'),
  timeoutMs: count
    .max(MAX_TIMER_MS, `at most ${MAX_TIMER_MS}`)
    .optional()
    .describe('Deadline in milliseconds for calls whose caller gives none.'),
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
  healthCheck: healthCheck
    .optional()
    .describe('Pings it while it is connected, and connects anew if it does not answer; absent: no pings.'),
};

const local = {
  command: z
    .array(z.string(), 'a non-empty array of strings')
    .min(1, 'a non-empty array of strings')
    .refine((words) => words[0] !== '', { path: [0], message: 'the name of a program' })
    .describe('Program and arguments that start the server over stdio.'),
  environment: textMap.default({}).describe('Variables added to the inherited environment.'),
  cwd: z
    .string()
    .min(1)
    .optional()
    .describe("Working directory; `~` is the home directory, a relative one starts at the file's folder."),
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

/** How the gateway logs in to a server, where the entry says more than nothing. */
export type OAuthConfig = z.infer<typeof oauth>;

const remote = {
  url: z
    .string()
    .refine((text) => hasScheme(text, ['http', 'https', 'ws', 'wss']), 'an http(s):// or ws(s):// URL')
    .describe('Address of the server, http(s):// or ws(s)://.'),
  transport: z
    .enum(['streamable_http', 'websocket', 'sse'])
    .optional()
    .describe('Overrides the detection: WebSocket for ws(s)://, else Streamable HTTP, then SSE.'),
  headers: textMap.default({}).describe('HTTP headers sent with every request.'),
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

function hasScheme(text: string, schemes: readonly string[]): boolean {
  return URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1));
}

/** One server whose `type` is written or worked out; keys that only the other type knows are unrecognized. */
export const serverSchema = z.discriminatedUnion('type', [localServer, remoteServer], 'one of "local", "remote"');

/** One server of the configuration: `local` is a process of ours, `remote` an address. `key` names it everywhere. */
export type ServerConfig = z.infer<typeof serverSchema> & { key: string };

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
  command: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe('Program, or program and arguments.'),
  args: z.array(z.string()).optional().describe('Arguments after `command`.'),
  env: textMap.optional().describe('As `environment`.'),
  disabled: z.boolean().optional().describe('`true` is `enabled: false`.'),
  timeout: common.timeoutMs.describe('As `timeoutMs`.'),
};
const transportWord = z
  .enum([
    'stdio',
    'http',
    'streamable_http',
    'streamable-http',
    'streamableHttp',
    'sse',
    'websocket',
    'ws',
    'local',
    'remote',
  ])
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

/** Words that the listed and mcpServers shapes use for a transport. */
export type TransportWord = NonNullable<z.infer<typeof transportWord>>;

const jobs = strict({
  concurrency: count.default(3).describe('Background jobs running at one time.'),
  maxQueued: count.default(1000).describe('Jobs that may wait; beyond it they are refused.'),
  retentionHours: z.number().positive().default(24).describe('How long a finished job can be asked for.'),
  maxRecords: count.default(1000).describe('Finished jobs kept, oldest dropped first.'),
  maxBytes: count.default(67_108_864).describe('Bytes of finished results kept, oldest dropped first.'),
});

const jwt = strict({
  secret: z.string().min(1).optional().describe('Shared secret for HS algorithms.'),
  jwksUrl: z.url().optional().describe('Where the signing keys are published.'),
  issuer: z.string().min(1).optional().describe('Expected `iss`; its discovery document also leads to the keys.'),
  audience: z.string().min(1).optional().describe('Expected `aud`.'),
  algorithms: strings.min(1).optional().describe('Accepted signature algorithms.'),
}).refine(({ secret, jwksUrl, issuer }) => secret ?? jwksUrl ?? issuer, 'one of secret, jwksUrl or issuer');

const auth = z.discriminatedUnion(
  'strategy',
  [
    strict({ strategy: z.literal('none') }),
    strict({ strategy: z.literal('api-key'), apiKeys: strings.min(1, 'at least one key') }),
    strict({ strategy: z.literal('jwt'), jwt }),
  ],
  { error: ({ code }) => (code === 'invalid_union' ? 'one of "none", "api-key", "jwt"' : 'an object') },
);

const rateLimit = strict({
  limit: count.default(100).describe('Requests allowed within the window.'),
  windowSeconds: z.number().positive().default(60).describe('Length of the sliding window.'),
  perKey: z.boolean().default(true).describe('Count each caller by itself instead of all together.'),
});

const monitor = strict({
  requestLog: z.boolean().default(true).describe('Remember who called what.'),
  prometheus: z.boolean().default(true).describe('Serve metrics.'),
  retentionHours: z.number().positive().default(24).describe('How long the request log reaches back.'),
});

const invoke = strict({
  waitMs: count
    .optional()
    .describe('How long `invoke` waits before it hands a call over to a job; absent: to its end.'),
});

const results = strict({
  maxInlineBytes: count
    .default(10_354_688)
    .describe('Longest line sent to a client; a larger result is kept and read in parts. SDK clients take 10 MiB.'),
  maxKeptChars: count.default(268_435_456).describe('Characters of such results kept, oldest dropped first.'),
});

const embeddings = strict({
  url: z
    .string()
    .refine(isPlainHttp, 'an http(s):// URL without a user name or password')
    .describe('Base address or `/embeddings` address of an OpenAI-compatible endpoint.'),
  model: z.string().min(1).describe('Name of the model there.'),
  apiKey: z.string().min(1).optional().describe('Sent as bearer token.'),
  headers: textMap.optional().describe('HTTP headers sent with every request.'),
  timeoutMs: count
    .max(MAX_TIMER_MS, `at most ${MAX_TIMER_MS}`)
    .default(400)
    .describe('Longest wait of a search in milliseconds; without an answer it goes by words alone.'),
  weight: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Share of the meaning in the ranking, from 0 to 1; the rest is that of the words.'),
});

function isPlainHttp(text: string): boolean {
  if (!hasScheme(text, ['http', 'https'])) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

const search = strict({
  embeddings: embeddings.optional().describe('Finds tools by meaning too; absent: by words alone.'),
  usage: z.boolean().default(true).describe('Remember which tools were invoked after which searches, on this machine.'),
});

/** Everything about the gateway itself: beside `servers` or `mcpServers`, or under `$gateway` beside a flat map. */
export const settingsSchema = strict({
  logLevel: z.enum(['debug', 'info', 'warning', 'error']).default('info').describe('Least severe line logged.'),
  jobs: jobs.prefault({}).describe('Background calls.'),
  invoke: invoke.prefault({}).describe('Calls that take long.'),
  results: results.prefault({}).describe('Results too large for one message.'),
  search: search.prefault({}).describe('How tools are found.'),
  expose: expose.prefault({}).describe('What clients get beside tools; `false` counts for every server.'),
  port: z.int().min(0).max(65_535).default(4000).describe('Port of the HTTP edge; 0 takes a free one.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address the HTTP edge binds.'),
  auth: auth.optional().describe('Who may call over HTTP.'),
  rateLimit: rateLimit.optional().describe('Requests per time over HTTP; absent: no limit.'),
  monitor: monitor.prefault({}).describe('What the HTTP edge remembers and shows.'),
  corsOrigins: strings.default([]).describe('Web origins that may call over HTTP.'),
});

/** The gateway's own settings, defaults filled in; `auth` and `rateLimit` only where written. */
export type GatewaySettings = z.infer<typeof settingsSchema>;

const ignored = z.string().optional().describe('For editors; ignored.');

/** JSON Schema of a configuration file, for editors: the flat map, the listed and the mcpServers shape. */
export function jsonSchema(): Record<string, unknown> {
  const beside = { $schema: ignored, ...settingsSchema.shape };
  const listed = z.strictObject({ ...beside, servers: z.array(listedEntry) });
  const named = z.strictObject({ ...beside, mcpServers: z.record(z.string(), mcpServersEntry) });
  const flat = z.object({ $schema: ignored, $gateway: settingsSchema.optional() }).catchall(nativeEntry);
  const file = z.union([listed, named, flat]).meta({ title: 'mcp-gateway configuration' });
  return z.toJSONSchema(file, { io: 'input', reused: 'ref' });
}
