import { resolve } from 'node:path';
import type * as z from 'zod';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { isWhereStarted } from '../platform/directories.ts';
import { expandHome } from '../platform/home-directory.ts';
import { type Diagnostic, describeFound, type KeyPath } from './diagnostic.ts';
import { fillEntry, mayHoldSecret, type Report } from './fill-entry.ts';
import { type ServerConfig, serverSchema } from './schema.ts';
import { comparable } from './schema-helpers.ts';
import { EntrySecrets, type Secrets, type Sources } from './secrets/secrets.ts';
import type { RawEntry } from './shapes.ts';
import type { Environment } from './substitute.ts';

/** The surroundings of an entry: the folder of its file, the user's home, the variables and secrets. */
export interface ValidationContext {
  readonly folder: string;
  readonly home: string;
  readonly env: Environment;
  /** Absent: the settings have no `secrets`. */
  readonly secrets?: Secrets;
  /** Used in place of files and secrets by callers that only check whether an entry is valid. */
  readonly sources?: Sources;
  readonly keychain?: 'auto' | 'never' | undefined;
  /** Variables that no server inherits. */
  readonly withheld?: readonly string[];
}

/** The checked value, and the findings of the checks. */
export interface Checked<T> {
  readonly value: T;
  readonly findings: readonly Diagnostic[];
  /** True if it needs secrets that have not been read yet. Findings caused by their absence may disappear then. */
  readonly waits?: boolean;
}

const SECRET_WITHOUT_ISSUER =
  'found "clientSecret" without "issuer": it is sent to the server\'s own host, or one above or below it, only; write the address of the authorization server that "clientId" belongs to as "issuer"';

/** Returns the server that an entry describes; undefined if any finding is an error. */
export function checkEntry(entry: RawEntry, surroundings: ValidationContext): Checked<ServerConfig | undefined> {
  const findings = [...entry.findings];
  if (entry.value === undefined || hasError(findings)) return { value: undefined, findings };
  const at = (severity: 'error' | 'warning', path: KeyPath, text: string) =>
    findings.push({ severity, path: entry.locate(path), text, server: entry.key });
  const secrets = new EntrySecrets(surroundings);
  const { value: filled, unset: own } = fillEntry(entry.value, { ...surroundings, secrets }, at);
  const unset = [...own, ...(surroundings.withheld ?? [])];
  const typed = { ...filled, type: filled.type ?? typeOf(filled, at) };
  const { waits } = secrets;
  if (hasError(findings)) return { value: undefined, findings, waits };
  const server = parseServer(typed, at);
  if (server?.type === 'remote' && server.oauth && server.oauth.clientSecret && !server.oauth.issuer)
    at('warning', ['oauth'], SECRET_WITHOUT_ISSUER);
  const known = {
    key: entry.key,
    ...(secrets.given.size > 0 && { secrets: [...secrets.given] }),
    ...(secrets.filledIn.size > 0 && { filledIn: [...secrets.filledIn] }),
    ...(unset.length > 0 && server?.type === 'local' && { unset }),
    ...(surroundings.keychain === 'never' && server?.type === 'remote' && { keychain: 'never' as const }),
  };
  return { value: server && withAbsolutePaths({ ...server, ...known }, surroundings), findings, waits };
}

function hasError(findings: readonly Diagnostic[]): boolean {
  return findings.some(({ severity }) => severity === 'error');
}

function typeOf({ command, url }: JsonObject, at: Report): string | undefined {
  if (command !== undefined && url === undefined) return 'local';
  if (url !== undefined && command === undefined) return 'remote';
  const found = command === undefined ? 'neither "command" nor "url"' : 'both "command" and "url"';
  at('error', [], `found ${found}, expected "command" for a local server or "url" for a remote one`);
  return undefined;
}

function parseServer(typed: JsonObject, at: Report): z.infer<typeof serverSchema> | undefined {
  const result = serverSchema.safeParse(comparable(typed), { error: expectation });
  if (result.success) return result.data;
  const [unrecognized, wrong] = partition(result.error.issues);
  for (const issue of wrong) at('error', keys(issue), mistake(issue, typed, mayHoldSecret(String(issue.path[0]))));
  if (wrong.length > 0) return undefined;
  const fitting = structuredClone(typed);
  for (const issue of unrecognized) {
    for (const key of issue.keys) remove(fitting, [...keys(issue), key]);
    if (issue.path.length > 0) at('warning', keys(issue), `${issue.message} (ignored)`);
    else for (const key of issue.keys) at('warning', [key], `has no effect on a ${typed.type} server`);
  }
  return parseServer(fitting, at);
}

type Unrecognized = z.core.$ZodIssueUnrecognizedKeys;

function partition(issues: readonly z.core.$ZodIssue[]): [Unrecognized[], z.core.$ZodIssue[]] {
  const isUnrecognized = (issue: z.core.$ZodIssue): issue is Unrecognized => issue.code === 'unrecognized_keys';
  return [issues.filter(isUnrecognized), issues.filter((issue) => !isUnrecognized(issue))];
}

/** Returns the path of an issue. zod types its segments as any property key; ours are names and indexes only. */
export function keys({ path }: z.core.$ZodIssue): (string | number)[] {
  return path.map((key) => (typeof key === 'number' ? key : String(key)));
}

export function mistake(issue: z.core.$ZodIssue, root: unknown, mayBeSecret: boolean): string {
  const found = keys(issue).reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
    root,
  );
  return `found ${describeFound(found, mayBeSecret)}, expected ${issue.message}`;
}

/** Returns the text of what a schema rule expects, for rules without a message of their own. */
export function expectation(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return KINDS[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return oneOf(issue.values);
  if (issue.code === 'too_big') return `at most ${issue.maximum}`;
  if (issue.code !== 'too_small') return 'a valid value';
  if (issue.origin === 'string' || issue.origin === 'array') return `a non-empty ${issue.origin}`;
  return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
};

function oneOf(values: readonly unknown[]): string {
  const quoted = values.map((value) => JSON.stringify(value)).join(', ');
  return values.length === 1 ? quoted : `one of ${quoted}`;
}

/**
 * Makes the paths of a server absolute. `~` is the home directory, and a relative `cwd` starts at the file's folder. A
 * `cwd` of `.` is kept: it is the directory in which the gateway is started, which is not known here. `folder` is set
 * for every local server, and used if it has no `cwd`.
 */
function withAbsolutePaths(server: ServerConfig, { folder, home }: ValidationContext): ServerConfig {
  const absolute = (path: string) => resolve(folder, expandHome(path, home));
  const { roots } = server;
  const told = roots ? { ...server, roots: roots.map(absolute) } : server;
  if (told.type === 'remote') return told;
  if (told.cwd === undefined || isWhereStarted(told.cwd)) return { ...told, folder };
  return { ...told, folder, cwd: absolute(told.cwd) };
}

/** Removes the setting at a path. For an element of an array the whole array is removed. */
export function remove(value: JsonObject, path: KeyPath): void {
  const firstIndex = path.findIndex((key) => typeof key === 'number');
  const names = firstIndex < 0 ? path : path.slice(0, firstIndex);
  const holder = names
    .slice(0, -1)
    .reduce<unknown>((inner, key) => (isJsonObject(inner) ? inner[key] : undefined), value);
  const last = names.at(-1);
  if (isJsonObject(holder) && last !== undefined) delete holder[last];
}
