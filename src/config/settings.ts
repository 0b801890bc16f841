import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { MAX_TIMER_MS } from '../core/abort.ts';
import { atStart, group, live, perSession, type SettingsThat, settingsThat, taggedSettings } from './applies.ts';
import { auth } from './auth.ts';
import { type PermissionRule, permissions } from './permissions.ts';
import { count, expose, hasScheme, headerMap, headerText, strict, strings, timer } from './schema-helpers.ts';

const jobs = strict({
  concurrency: count.default(3).describe('Background jobs running at one time.'),
  maxQueued: count.default(1000).describe('Jobs that may wait; beyond it they are refused.'),
  retentionHours: z.number().positive().default(24).describe('How long a finished job can be asked for.'),
  maxRecords: count.default(1000).describe('Finished jobs kept, oldest dropped first.'),
  maxBytes: count.default(67_108_864).describe('Bytes of finished results kept, oldest dropped first.'),
});

const rateLimit = strict({
  limit: count.default(100).describe('Requests allowed within the window.'),
  windowSeconds: z.number().positive().default(60).describe('Length of the sliding window.'),
  perKey: z.boolean().default(true).describe('Count each caller by itself instead of all together.'),
});

const monitor = group('What the HTTP edge remembers and shows.', {
  requestLog: atStart(z.boolean().default(true).describe('Remember who called what.')),
  prometheus: atStart(z.boolean().default(true).describe('Serve metrics.')),
  toolMetrics: live(
    z
      .enum(['admin', 'everybody'])
      .default('admin')
      .describe('Who sees in the metrics which tools are called; others see sums of all tools.'),
  ),
  retentionHours: atStart(z.number().positive().default(24).describe('How long the request log reaches back.')),
  maxRecords: atStart(count.default(10_000).describe('Calls remembered, oldest dropped first.')),
  arguments: atStart(
    z
      .boolean()
      .default(false)
      .describe('Remember the arguments of calls too, secrets blanked by their names and long texts cut.'),
  ),
  healthSeconds: atStart(
    z
      .number()
      .min(0)
      .max(MAX_TIMER_MS / 1_000, `at most ${MAX_TIMER_MS / 1_000}`)
      .default(60)
      .describe('Seconds between pings to connected servers; 0: none.'),
  ),
});

const http = strict({
  maxSessions: count
    .default(1_000)
    .describe(
      'Client sessions at one time; beyond it a new one takes the place of one of the caller with the most, or is refused.',
    ),
  maxCalls: count.default(4_000).describe('Calls on their way to servers at one time; beyond it they are refused.'),
  maxRequests: count
    .default(8_000)
    .describe('Requests of clients, calls or not, that are being answered at one time; beyond it they are refused.'),
  sessionIdleMinutes: z
    .number()
    .positive()
    .default(30)
    .describe('Minutes without a request or an open stream after which a session ends.'),
  maxBodyBytes: count.default(4_194_304).describe('Longest body of a request.'),
  allowedHosts: strings
    .default([])
    .describe('Names by which clients may address the gateway (`Host`), beside localhost and what it binds.'),
  publicUrl: z
    .string()
    .refine((text) => hasScheme(text, ['http', 'https']), 'an http(s):// URL')
    .optional()
    .describe('Address by which clients reach the gateway, where that is not what it binds (behind a proxy).'),
  stopSeconds: z
    .number()
    .positive()
    .default(10)
    .describe('How long a stop waits for what is running before it is cancelled.'),
});

const daemon = strict({
  idleSeconds: z
    .number()
    .min(0)
    .max(MAX_TIMER_MS / 1_000, `at most ${MAX_TIMER_MS / 1_000}`)
    .default(5)
    .describe('Seconds without a session after which the gateway of `--shared` ends, and its servers.'),
});

const invoke = strict({
  waitMs: count
    .optional()
    .describe('How long `invoke` waits before it hands a call over to a job; absent: to its end.'),
});

const results = group('Results too large for one message.', {
  maxInlineBytes: perSession(
    count
      .default(10_354_688)
      .describe('Longest line sent to a client; a larger result is kept and read in parts. SDK clients take 10 MiB.'),
  ),
  maxKeptChars: live(count.default(268_435_456).describe('Characters of such results kept, oldest dropped first.')),
});

const embeddings = strict({
  url: z
    .string()
    .refine(isPlainHttp, 'an http(s):// URL without a user name or password')
    .describe('Base address or `/embeddings` address of an OpenAI-compatible endpoint.'),
  model: z.string().min(1).describe('Name of the model there.'),
  apiKey: headerText.min(1).optional().describe('Sent as bearer token.'),
  headers: headerMap.optional().describe('HTTP headers sent with every request.'),
  timeoutMs: timer
    .default(400)
    .describe('Longest wait of a search in milliseconds; without an answer it goes by words alone.'),
  weight: z
    .number()
    .min(0)
    .max(1)
    .default(0.4)
    .describe('Weight of the meaning beside that of the words, from 0 (none) to 1; more only with a strong model.'),
});

function isPlainHttp(text: string): boolean {
  if (!hasScheme(text, ['http', 'https'])) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

const secrets = strict({
  file: z
    .string()
    .min(1)
    .optional()
    .describe('File with them: dotenv, JSON or YAML; `~` is the home directory, a relative one starts at this file.'),
  command: z
    .array(z.string().min(1), 'a non-empty array of strings')
    .min(1, 'a non-empty array of strings')
    .optional()
    .describe(
      'Program and arguments that print them in one of these formats; run without a shell, when one is needed.',
    ),
  timeoutMs: timer.default(10_000).describe('Longest run of the command in milliseconds.'),
}).refine(({ file, command }) => (file === undefined) !== (command === undefined), 'either file or command');

/** The `secrets` settings: the source of values that the environment does not have. */
export type SecretsSettings = z.infer<typeof secrets>;

const login = strict({
  keychain: z
    .enum(['auto', 'never'])
    .default('auto')
    .describe('`auto` encrypts logins with a key in the keychain of the system where there is one.'),
});

const search = group('How tools are found.', {
  embeddings: live(embeddings.optional().describe('Finds tools by meaning too; absent: by words alone.')),
  usage: atStart(
    z.boolean().default(true).describe('Remember which tools were invoked after which searches, on this machine.'),
  ),
});

/**
 * The schema of the gateway's own settings, which are written beside `servers` or `mcpServers`, or under `$gateway` in
 * a flat map.
 */
export const settingsSchema = taggedSettings({
  logLevel: live(z.enum(['debug', 'info', 'warning', 'error']).default('info').describe('Least severe line logged.')),
  jobs: live(jobs.prefault({}).describe('Background calls.')),
  invoke: live(invoke.prefault({}).describe('Calls that take long.')),
  results,
  search,
  expose: live(expose.prefault({}).describe('What clients get beside tools; `false` counts for every server.')),
  project: live(
    z
      .boolean()
      .default(true)
      .describe("Take over the project's `.mcp-gateway.json`, once it is confirmed, when serving over stdio."),
  ),
  permissions: live(
    permissions
      .default([])
      .describe(
        'Which tools may be called, or only after a person was asked: the first rule that fits a tool decides.',
      ),
  ),
  stats: live(
    z.boolean().default(true).describe('Count calls and what was saved, on this machine; see `mcp-gateway stats`.'),
  ),
  pin: live(
    z
      .boolean()
      .default(false)
      .describe(
        'Block tools that changed since they were trusted, on every server whose entry does not say otherwise.',
      ),
  ),
  secrets: live(secrets.optional().describe('Where variables come from that the environment does not have.')),
  login: live(login.optional().describe('Logins to servers.')),
  port: atStart(z.int().min(0).max(65_535).default(4000).describe('Port of the HTTP edge; 0 takes a free one.')),
  host: atStart(z.string().min(1).default('127.0.0.1').describe('Address the HTTP edge binds.')),
  auth: live(auth.optional().describe('Who may call over HTTP.')),
  rateLimit: live(rateLimit.optional().describe('Requests per time over HTTP; absent: no limit.')),
  monitor,
  http: live(http.prefault({}).describe('Bounds and addresses of the HTTP edge.')),
  daemon: live(daemon.prefault({}).describe('The gateway that sessions with `--shared` share.')),
  corsOrigins: live(strings.default([]).describe('Web origins that may call over HTTP.')),
});

type Shape = (typeof settingsSchema)['shape'];
/** The settings with checked rules: the checks mark broken ones, and the schema does not know that mark. */
type WithRules<S> = Omit<S, 'permissions'> & { permissions: readonly PermissionRule[] };

/**
 * The gateway's own settings with defaults filled in. Optional ones, such as `auth` and `rateLimit`, only if written.
 */
export type GatewaySettings = WithRules<z.infer<typeof settingsSchema>>;

/** The settings that a gateway reads once, when it is composed; passed as a value. */
export type StartSettings = SettingsThat<Shape, 'start'>;

/** The settings that follow the file; passed as `() => LiveSettings`, and read at each use or when a session begins. */
export type LiveSettings = WithRules<SettingsThat<Shape, 'live' | 'session'>>;

/**
 * Returns the names, such as `monitor.maxRecords`, of settings that need a new start and differ from both `start` and
 * `before`.
 */
export function waitingForStart(start: StartSettings, before: StartSettings, now: StartSettings): readonly string[] {
  const differs = (path: readonly string[], others: StartSettings) =>
    !isDeepStrictEqual(at(now, path), at(others, path));
  return settingsThat('start', settingsSchema.shape)
    .filter((path) => differs(path, start) && differs(path, before))
    .map((path) => path.join('.'));
}

function at(settings: StartSettings, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => Object(value)[key], settings);
}
