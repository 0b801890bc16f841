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

/** A configuration: the part of it that can run, and all faults of the rest. */
export interface GatewayConfig {
  /** Absolute. */
  readonly path: string;
  /** Fingerprint of the file as it was read, by which a watch notices later changes. */
  readonly fingerprint: string;
  /** False if the file does not exist (yet), so that nothing is configured. */
  readonly found: boolean;
  /** Enabled servers without an error, in the order written. */
  readonly servers: readonly ServerConfig[];
  readonly settings: GatewaySettings;
  readonly problems: readonly ConfigProblem[];
  /** Keys of the servers with `enabled: false`, and of those that `permissions` deny as a whole. */
  readonly disabled: readonly string[];
  /** Keys of the disabled servers that `permissions` deny as a whole, which callers do not see. Absent: none. */
  readonly denied?: readonly string[];
  /** Servers left out because of an error. */
  readonly misconfigured: readonly { readonly server: string; readonly error: string }[];
  /** The configuration file of the project, if one was looked for and found. */
  readonly project?: ProjectState;
  /** Returns the values of all variables that the file names, and its secrets. Absent: there is no file. */
  readonly named?: () => readonly string[];
  /** Variables that no server inherits: those that `auth` names. Absent: none. */
  readonly withheld?: readonly string[];
  /** Resolves with the configuration after its `secrets` were read. Absent: no part of it waits for them. */
  readonly later?: Promise<GatewayConfig>;
}

/** A configuration that a running gateway reads at each use; its settings are those that follow the file. */
export type LiveConfig = Omit<GatewayConfig, 'settings'> & { readonly settings: LiveSettings };

/** Returns the keys of all entries, also of those that do not run. */
export function configuredKeys({ servers, disabled, misconfigured }: LiveConfig): readonly string[] {
  return [...servers.map(({ key }) => key), ...disabled, ...misconfigured.map(({ server }) => server)];
}

/** The result of checking a file's entries. */
export interface CheckedServers extends Pick<GatewayConfig, 'servers' | 'disabled' | 'misconfigured' | 'problems'> {
  /** True if some of them need secrets that have not been read yet. */
  readonly waits: boolean;
}

/** A configuration that was read but not checked; it may be checked twice. */
interface Read {
  readonly file: string;
  readonly fingerprint: string;
  readonly raw: RawConfig;
  readonly findings: readonly Diagnostic[];
  /** The folder at which relative paths start. */
  readonly folder: string;
  readonly env: Environment;
}

/** A configuration that a program gives as an object, in any shape that a file may have. */
export type ConfigObject = Readonly<Record<string, unknown>>;

/**
 * Longest time in ms for which a starting gateway waits for `secrets` that servers need: MCP hosts give up after 5 s.
 */
export const SECRETS_PATIENCE_MS = 1_000;

/**
 * Reads and checks a configuration file. The environment may override three settings. A missing file, wrong entries and
 * wrong settings are reported in the result. Throws `CONFIG_INVALID` only if the file cannot be read or parsed, or is
 * not an object. Waits at most `patienceMs` for `secrets` that an entry or a setting needs. If they take longer, the
 * servers that need them are left out, and `later` resolves with the whole configuration.
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
 * Makes a configuration of an object; its `path` is empty. Relative paths in it start at the working directory. Faults
 * are reported in the result. Throws `CONFIG_INVALID` only for a value that is not a plain object, or holds a value
 * that no file can hold. Secrets from a command or a file come as `later`.
 */
export function configOfObject(written: ConfigObject, env: Environment = process.env): GatewayConfig {
  const raw = readShape(plainObject(written));
  const read: Read = { file: '', fingerprint: '', raw, findings: [], folder: process.cwd(), env };
  const settings = secretsSettings(raw.settings, env);
  if (!settings) return checked(read, NO_SECRETS).config;
  const first = checked(read, PENDING_SECRETS);
  return first.waits ? { ...first.config, later: withSecretsRead(read, settings) } : first.config;
}

/** Checks a configuration. Its secrets are read only if an entry or a setting needs them. */
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

/** Moves the servers that the rules deny as a whole to `disabled`, so that they are not started. */
export function withoutDenied(config: GatewayConfig): GatewayConfig {
  const { permissions } = config.settings;
  const denied = config.servers.filter((server) => isDeniedWhole(permissions, server));
  // Only the key of a disabled entry was read.
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
  // An entry that waits for secrets is left out for now, without a reported problem.
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

/** Warns about rules that name no server or tag of the file. Disabled and misconfigured servers count too. */
function adviceOn({ permissions }: GatewaySettings, { entries, settings }: RawConfig): Diagnostic[] {
  const servers = entries.map(({ key, value }) => ({ key, tags: Array.isArray(value?.tags) ? value.tags : [] }));
  return permissionAdvice(permissions, servers).map(({ path, text }) =>
    warning([...settings.path, 'permissions', ...path], text),
  );
}

/**
 * Makes a configuration without servers, which runs while the file at that path is missing or unusable; `problems` say
 * why.
 */
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

/** Reads a file. Undefined if it does not exist. */
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
 * The status of a project's file. `confirmed`: the file is used. `changed`: the confirmed version is still used, the
 * newer one is not. The others are not used: `unconfirmed`; `declined`, if a person refused it; `refused`, if the file
 * itself cannot be trusted.
 */
type ProjectStatus = 'confirmed' | 'changed' | 'unconfirmed' | 'declined' | 'refused';

/** The file of a project as a part of a configuration. */
interface ProjectState {
  /** Absolute. */
  readonly path: string;
  readonly status: ProjectStatus;
  /** Keys of the servers that come from the project, not from the user. */
  readonly servers: readonly string[];
  /** A sentence for the user about what to know or do. Absent: nothing. */
  readonly notice?: string;
}
