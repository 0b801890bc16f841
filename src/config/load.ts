import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { causeOf, GatewayError } from '../core/errors.ts';
import { gatewayEnvironment } from '../platform/gateway-environment.ts';
import { expandHome } from '../platform/home-directory.ts';
import { checkEntry, type ValidationContext } from './check-entry.ts';
import { checkSettings, secretsSettings } from './check-settings.ts';
import { type ConfigProblem, type Diagnostic, toProblem, warning } from './diagnostic.ts';
import { overrideSettings } from './environment-overrides.ts';
import { homeOf, resolveConfigPath } from './locate.ts';
import { namedValues, withheldNames } from './named-variables.ts';
import { parseConfig, plainObject } from './parse.ts';
import { isDeniedWhole, permissionAdvice } from './permissions.ts';
import type { ServerConfig } from './schema.ts';
import { NO_SECRETS, PENDING_SECRETS, type Secrets } from './secrets/secrets.ts';
import { type GatewaySettings, type LiveSettings, type SecretsSettings, settingsSchema } from './settings.ts';
import { type RawConfig, readShape } from './shapes.ts';
import type { Environment } from './substitute.ts';
import { fingerprint } from './watched-file.ts';

/** What a configuration file says: the part of it that can run, and everything wrong with the rest. */
export interface GatewayConfig {
  /** Absolute. */
  readonly path: string;
  /** Of the file as it was when it was read: tells a watch what has changed since. */
  readonly fingerprint: string;
  /** `false`: there is no such file (yet), and nothing is configured. */
  readonly found: boolean;
  /** Enabled and healthy, in the order written. */
  readonly servers: readonly ServerConfig[];
  readonly settings: GatewaySettings;
  readonly problems: readonly ConfigProblem[];
  /** Keys of the servers with `enabled: false`, and of those of which `permissions` leave nothing. */
  readonly disabled: readonly string[];
  /** Those among them of which `permissions` leave nothing: callers know of none. Absent: there is none. */
  readonly denied?: readonly string[];
  /** Servers left out because of an error. */
  readonly misconfigured: readonly { readonly server: string; readonly error: string }[];
  /** The file of the project that it runs in, where one was looked for and found. */
  readonly project?: ProjectState;
  /** What the variables hold that the file names anywhere, and its secrets; absent: there is no file. */
  readonly named?: () => readonly string[];
  /** Variables that no server inherits: what `auth` names. Absent: none. */
  readonly withheld?: readonly string[];
  /** The same file when the `secrets` of its settings have answered; absent where nothing waits for them. */
  readonly later?: Promise<GatewayConfig>;
}

/** A configuration as a running gateway reads it at each use: of its settings those that follow the file. */
export type LiveConfig = Omit<GatewayConfig, 'settings'> & { readonly settings: LiveSettings };

/** Keys of every entry, also of those that do not run. */
export function configuredKeys({ servers, disabled, misconfigured }: LiveConfig): readonly string[] {
  return [...servers.map(({ key }) => key), ...disabled, ...misconfigured.map(({ server }) => server)];
}

/** What the entries of a file come to. */
export interface CheckedServers extends Pick<GatewayConfig, 'servers' | 'disabled' | 'misconfigured' | 'problems'> {
  /** Some of them want secrets that have not answered yet. */
  readonly waits: boolean;
}

/** What is left of a configuration when it has been read, for checks that may come twice. */
interface Read {
  readonly file: string;
  readonly fingerprint: string;
  readonly raw: RawConfig;
  readonly findings: readonly Diagnostic[];
  /** The folder at which relative paths start. */
  readonly folder: string;
  readonly env: Environment;
}

/** A configuration that a program says itself, in any shape that a file may have. */
export type ConfigObject = Readonly<Record<string, unknown>>;

/** Longest wait of a starting gateway for `secrets` that some servers want, in ms: hosts give up after 5 s. */
export const SECRETS_PATIENCE_MS = 1_000;

/**
 * Reads and checks a configuration file; three settings may be overridden by the environment. A missing file, wrong
 * entries and wrong settings are told in the result; throws `CONFIG_INVALID` only where the file cannot be read, is
 * broken, or is no object at all. `patienceMs` is how long it waits for `secrets` that something in the file wants; what
 * they then have not answered comes `later`.
 */
export async function loadConfig(
  path: string = resolveConfigPath(),
  env: Environment = gatewayEnvironment(),
  { patienceMs = Number.POSITIVE_INFINITY }: { readonly patienceMs?: number | undefined } = {},
): Promise<GatewayConfig> {
  const file = resolve(expandHome(path, homeOf(env)));
  const read = fingerprint(file);
  const text = await readText(file);
  if (text === undefined) return { ...emptyConfig(file, [], env), fingerprint: read, found: false };
  const { root, findings } = await parseConfig(text, file);
  const folder = dirname(file);
  return withSecrets({ file, fingerprint: read, raw: readShape(root), findings, folder, env }, patienceMs);
}

/**
 * The configuration that an object says; its `path` is empty. Relative paths in it start at the working directory. What is
 * wrong is told in the result; throws `CONFIG_INVALID` only for what is no plain object, or holds what no file can hold. Secrets by command or file come `later`.
 */
export function configOfObject(written: ConfigObject, env: Environment = process.env): GatewayConfig {
  const raw = readShape(plainObject(written));
  const read: Read = { file: '', fingerprint: '', raw, findings: [], folder: process.cwd(), env };
  const settings = secretsSettings(raw.settings, env);
  if (!settings) return checked(read, NO_SECRETS).config;
  const first = checked(read, PENDING_SECRETS);
  return first.waits ? { ...first.config, later: withSecretsRead(read, settings) } : first.config;
}

/** Secrets are asked only where something wants them. */
async function withSecrets(read: Read, patienceMs: number): Promise<GatewayConfig> {
  const settings = secretsSettings(read.raw.settings, read.env);
  if (!settings) return checked(read, NO_SECRETS).config;
  const first = checked(read, PENDING_SECRETS);
  if (!first.waits) return first.config;
  const later = withSecretsRead(read, settings);
  return soonOr(later, patienceMs, () => ({ ...first.config, later }));
}

async function withSecretsRead(read: Read, settings: SecretsSettings): Promise<GatewayConfig> {
  const { readSecrets } = await import('./secrets/read-secrets.ts');
  const { folder, env } = read;
  return checked(read, await readSecrets(settings, { folder, home: homeOf(env), env })).config;
}

async function soonOr<T>(value: Promise<T>, ms: number, otherwise: () => T): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) return value;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise()), ms);
  });
  return Promise.race([value, late]).finally(() => clearTimeout(timer));
}

function checked(read: Read, secrets: Secrets): { readonly config: GatewayConfig; readonly waits: boolean } {
  const { file, raw, findings, folder, env } = read;
  const withheld = withheldNames(raw);
  const surroundings: ValidationContext = { folder, home: homeOf(env), env, secrets, withheld };
  const settings = checkSettings(raw.settings, surroundings);
  const overridden = overrideSettings(settings.value, env);
  const whole = [...findings, ...raw.findings, ...settings.findings, ...adviceOn(settings.value, raw)];
  const { waits, ...servers } = checkServers(raw, file, { ...surroundings, keychain: settings.value.login?.keychain });
  const config = withoutDenied({
    path: file,
    fingerprint: read.fingerprint,
    found: true,
    ...servers,
    settings: overridden.settings,
    named: () => namedValues(raw, env, secrets),
    withheld,
    problems: [...whole.map((finding) => toProblem(file, finding)), ...servers.problems, ...overridden.problems],
  });
  return { config, waits: waits || settings.waits === true };
}

/** Servers of which the rules leave nothing are not to be started at all. */
export function withoutDenied(config: GatewayConfig): GatewayConfig {
  const { permissions } = config.settings;
  const denied = config.servers.filter((server) => isDeniedWhole(permissions, server));
  // Of an entry that is switched off nothing but its key was read.
  const off = config.disabled.filter((key) => isDeniedWhole(permissions, { key, tags: [] }));
  const keys = denied.map(({ key }) => key);
  const unknown = [...(config.denied ?? []), ...off, ...keys];
  return {
    ...config,
    servers: config.servers.filter((server) => !denied.includes(server)),
    disabled: [...config.disabled, ...keys],
    ...(unknown.length > 0 && { denied: unknown }),
  };
}

/** Checks each entry of a file by itself. */
export function checkServers(raw: RawConfig, file: string, surroundings: ValidationContext): CheckedServers {
  const disabled = raw.entries.filter(({ value }) => value?.enabled === false);
  const entries = raw.entries
    .filter((entry) => !disabled.includes(entry))
    .map((entry) => ({ key: entry.key, ...checkEntry(entry, surroundings) }));
  // What waits for secrets is left out for now, and no mistake.
  const settled = entries.filter(({ waits }) => !waits);
  const pending = surroundings.secrets?.problem;
  return {
    servers: settled.flatMap(({ value }) => value ?? []),
    disabled: disabled.map(({ key }) => key),
    misconfigured: entries
      .filter(({ waits, value }) => waits || value === undefined)
      .map(({ key, waits, findings }) => ({ server: key, error: (waits && pending) || errorOf(file, findings) })),
    problems: settled.flatMap(({ findings }) => findings.map((finding) => toProblem(file, finding))),
    waits: entries.some(({ waits }) => waits),
  };
}

/** Rules that name what is not there; disabled and misconfigured servers are there. */
function adviceOn({ permissions }: GatewaySettings, { entries, settings }: RawConfig): Diagnostic[] {
  const servers = entries.map(({ key, value }) => ({ key, tags: Array.isArray(value?.tags) ? value.tags : [] }));
  return permissionAdvice(permissions, servers).map(({ path, text }) =>
    warning([...settings.path, 'permissions', ...path], text),
  );
}

/** A configuration without servers: what runs while the file at that path is missing or cannot be used, and why. */
export function emptyConfig(
  path: string,
  problems: readonly ConfigProblem[] = [],
  env: Environment = process.env,
): GatewayConfig {
  const overridden = overrideSettings(settingsSchema.parse({}), env);
  return {
    path,
    fingerprint: fingerprint(path),
    found: true,
    servers: [],
    settings: overridden.settings,
    problems: [...problems, ...overridden.problems],
    disabled: [],
    misconfigured: [],
  };
}

function errorOf(file: string, findings: readonly Diagnostic[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return errors.map((finding) => toProblem(file, finding).message).join('; ');
}

/** Undefined when there is no such file. */
async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(String((cause as NodeJS.ErrnoException).code))) return undefined;
    const message = `${file}: cannot be read (${causeOf(cause)}), expected a readable configuration file`;
    throw new GatewayError('CONFIG_INVALID', message, { details: { file }, cause });
  }
}

/**
 * Where the file of a project stands. `confirmed`: it counts. `changed`: what was confirmed still counts, what was written
 * since does not. The others count for nothing: `unconfirmed`, `declined` (a person said no), `refused` (no file to trust).
 */
type ProjectStatus = 'confirmed' | 'changed' | 'unconfirmed' | 'declined' | 'refused';

/** The file of a project as a part of a configuration. */
interface ProjectState {
  /** Absolute. */
  readonly path: string;
  readonly status: ProjectStatus;
  /** Keys of the servers that are its, and not the user's. */
  readonly servers: readonly string[];
  /** What a person has to know or do, a sentence; absent where that is nothing. */
  readonly notice?: string;
}
