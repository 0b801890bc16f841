import * as z from 'zod';
import { fitsAny, matchesGlob } from '../core/glob.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { nearest } from '../core/nearest.ts';
import { describeFound, type KeyPath, suggestion, unknownKey } from './diagnostic.ts';
import { strict } from './schema-helpers.ts';

const ACTIONS = ['allow', 'ask', 'deny'] as const;

/** The effect of a rule on a tool. */
export type PermissionAction = (typeof ACTIONS)[number];

const PATTERNS = 'a pattern such as "git*", or a non-empty list of them';
const pattern = z.string().min(1);

function patterns(fits: (text: string) => boolean, expected: string) {
  const one = pattern.refine(fits, expected);
  return z.union([one, z.array(one).min(1)], expected).optional();
}

const hint = z.boolean('true or false').optional();

const rule = strict({
  server: patterns(() => true, PATTERNS).describe('Keys of servers, with `*` and `?`.'),
  tool: patterns((text) => !text.includes('::'), `${PATTERNS}; whole ids stand under "id"`).describe(
    'Names of tools as their servers have them, with `*` and `?`.',
  ),
  id: patterns((text) => /::|\*/.test(text), `${PATTERNS}, for ids such as "server::tool"`).describe(
    'Whole ids, with `*` and `?`.',
  ),
  tags: z
    .array(z.string().min(1), 'a non-empty list of tags')
    .min(1, 'a non-empty list of tags')
    .optional()
    .describe('Tags of servers, any of them.'),
  readOnlyHint: hint.describe('Whether the tool says that it changes nothing; absent there: false.'),
  destructiveHint: hint.describe('Whether it may destroy; absent there: true unless it only reads.'),
  idempotentHint: hint.describe('Whether twice is once; absent there: false unless it only reads.'),
  openWorldHint: hint.describe('Whether it reaches beyond its server; absent there: true.'),
  action: z
    .enum(ACTIONS, `one of ${ACTIONS.map((action) => JSON.stringify(action)).join(', ')}`)
    .describe('`deny`: the tool is unknown; `ask`: a person is asked before each call; `allow`: it is called.'),
});

/** The schema of `permissions`: rules in order. */
export const permissions = z.array(rule);

/** A rule for the tools that match everything it names. A matcher that is absent matches all. */
export type PermissionRule = z.infer<typeof rule> & {
  /**
   * True if a part of it could not be read. It then matches more than was meant, and only ever makes access stricter.
   */
  readonly broken?: true;
};

type Report = (severity: 'error' | 'warning', path: KeyPath, text: string) => void;

const INSTEAD = {
  allow: 'until then the rule is left out',
  ask: 'until then a person is asked about whatever it may concern',
  deny: 'until then whatever it may concern is denied',
} as const;

export const DENY_ALL: readonly PermissionRule[] = [{ action: 'deny', broken: true }];
const NAME = 'permissions';

/**
 * Separates the rules from the other settings. A broken rule is replaced by one that blocks every tool the rule might
 * have blocked. Rules under a misspelt name deny every tool, because their author wanted to block some.
 */
export function takePermissions(
  settings: JsonObject,
  known: readonly string[],
  at: Report,
): { readonly rules: readonly PermissionRule[]; readonly rest: JsonObject } {
  const misspelt = Object.keys(settings).find(
    (key) => !known.includes(key) && typeof settings[key] === 'object' && nearest(key, known) === NAME,
  );
  const { [NAME]: raw, [misspelt ?? NAME]: _, ...rest } = settings;
  const rules = checkPermissions(raw, (severity, path, text) => at(severity, [NAME, ...path], text));
  if (misspelt === undefined) return { rules, rest };
  at('error', [], `${unknownKey(misspelt, NAME)}; until then every tool is denied`);
  return { rules: DENY_ALL, rest };
}

/** Checks the rules; broken ones as in `takePermissions`. */
export function checkPermissions(raw: unknown, at: Report): readonly PermissionRule[] {
  if (raw === undefined) return [];
  if (Array.isArray(raw))
    return raw.map((each, index) => checkRule(each, (text, path) => at('error', [index, ...path], text)));
  at('error', [], `found ${describeFound(raw, true)}, expected a list of rules; until then every tool is denied`);
  return DENY_ALL;
}

function checkRule(raw: unknown, at: (text: string, path: KeyPath) => void): PermissionRule {
  if (!isJsonObject(raw)) {
    at(`found ${describeFound(raw, true)}, expected an object with "action"; until then every tool is denied`, []);
    return { action: 'deny', broken: true };
  }
  const result = rule.safeParse(raw);
  if (result.success) return result.data;
  const action = ACTIONS.find((each) => each === raw.action) ?? 'deny';
  for (const issue of result.error.issues) at(`${mistake(issue, raw)}; ${INSTEAD[action]}`, pathOf(issue));
  return { ...soundParts(raw), action, broken: true };
}

/** Returns the valid parts of a rule. */
function soundParts(raw: JsonObject): Partial<PermissionRule> {
  const parts = Object.entries(rule.shape).map(([name, schema]) => [name, schema.safeParse(raw[name]).data]);
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined));
}

function mistake(issue: z.core.$ZodIssue, raw: JsonObject): string {
  if (issue.code === 'unrecognized_keys') return issue.message;
  const found = pathOf(issue).reduce<unknown>((value, key) => (value as JsonObject | undefined)?.[key], raw);
  const meant = issue.path[0] === 'action' && typeof found === 'string' ? nearest(found, ACTIONS) : undefined;
  return `found ${describeFound(found)}, expected ${issue.message}${suggestion(meant)}`;
}

function pathOf({ path }: z.core.$ZodIssue): (string | number)[] {
  return path.map((key) => (typeof key === 'number' ? key : String(key)));
}

/** Returns advice on names in rules that no server of the configuration has, because they are probably misspelt. */
export function permissionAdvice(
  rules: readonly PermissionRule[],
  servers: readonly { readonly key: string; readonly tags: readonly unknown[] }[],
): { readonly path: KeyPath; readonly text: string }[] {
  if (servers.length === 0) return [];
  const keys = servers.map(({ key }) => key);
  const tags = [...new Set(servers.flatMap((server) => server.tags))].filter((tag) => typeof tag === 'string');
  return rules.flatMap(({ server = [], id = [], tags: wanted = [] }, index) => [
    ...[server].flat().flatMap((name) => unknownName(name, keys, [index, 'server'], 'server')),
    ...[id].flat().flatMap((name) => unknownName(name.split('::')[0] ?? name, keys, [index, 'id'], 'server')),
    ...wanted.flatMap((tag) => unknownName(tag, tags, [index, 'tags'], 'tag')),
  ]);
}

function unknownName(name: string, known: readonly string[], path: KeyPath, what: string) {
  if (known.some((each) => (what === 'tag' ? each === name : matchesGlob(name, each)))) return [];
  return [
    {
      path,
      text: `found ${describeFound(name)}, which fits no ${what} of this file${suggestion(nearest(name, known))}`,
    },
  ];
}

interface Server {
  readonly key: string;
  readonly tags: readonly string[];
}

/** True if the rules deny every tool of a server, so that it is not started. A broken rule never stops a server. */
export function isDeniedWhole(rules: readonly PermissionRule[], server: Server): boolean {
  for (const rule of rules) {
    if (rule.broken || !mayConcern(rule, server)) continue;
    if (rule.action !== 'deny') return false;
    if (namesServersOnly(rule)) return true;
  }
  return false;
}

/**
 * True if the resources, prompts and completion of a server are hidden: the first rule about whole servers that matches
 * it decides.
 */
export function hidesPrimitives(rules: readonly PermissionRule[], server: Server): boolean {
  // A broken rule counts only if it denies, so it never shows anything.
  const decides = (rule: PermissionRule) => !rule.broken || rule.action === 'deny';
  return rules.find((rule) => decides(rule) && namesServersOnly(rule) && mayConcern(rule, server))?.action === 'deny';
}

function mayConcern({ server, tags }: PermissionRule, { key, tags: own }: Server): boolean {
  return fitsAny(server, key) && (tags === undefined || tags.some((tag) => own.includes(tag)));
}

function namesServersOnly({ tool, id, ...rest }: PermissionRule): boolean {
  const hints = [rest.readOnlyHint, rest.destructiveHint, rest.idempotentHint, rest.openWorldHint];
  return [tool, id, ...hints].every((matcher) => matcher === undefined);
}
