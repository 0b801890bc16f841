import { basename, dirname } from 'node:path';
import { checkPermissions, type PermissionRule } from '../../config/permissions.ts';
import { readShape } from '../../config/shapes.ts';
import { matchesGlob } from '../../core/glob.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { projectsIn, toolsOfClaude, verdictOfClaude } from './claude.ts';
import type { ClientHome, ToolRule, Translated, TranslationContext, Verdict, WrittenServer } from './client.ts';
import { bracedEntry, keptOut } from './gemini-cli.ts';
import { rulesOfOpencode } from './opencode.ts';
import { deniesFirst } from './tool-lists.ts';
import { literally, mapTexts, translateFields } from './translate.ts';

/**
 * Translates an entry under `extensions` of Goose: `cmd` is the program, `uri` the address, times are in seconds, and
 * Goose keeps the secrets under `env_keys` in its keychain.
 */
export function translateGoose(written: JsonObject): Translated {
  const { config, ...beside } = written;
  const entry: JsonObject = isJsonObject(config) ? { ...config, ...beside } : written;
  const { type, env_keys: names } = entry;
  const refusal = `it is a part of Goose itself (${String(type)})`;
  if (['builtin', 'platform', 'frontend', 'inline_python'].includes(String(type)))
    return { entry: {}, notes: [], refusal };
  const keys = Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  const kept = Object.fromEntries(keys.map((name) => [name, `\${${name}}`]));
  const translated = translateFields(entry, {
    renamed: { cmd: 'command', uri: 'url', envs: 'env' },
    ignored: ['name', 'display_name', 'bundled', 'env_keys', 'id'],
    timeout: 'seconds',
  });
  const { entry: fields, ...rest } = literally('Goose', ['plain'], translated);
  return {
    ...rest,
    entry: { ...fields, ...(keys.length > 0 && { env: { ...kept, ...(isJsonObject(fields.env) && fields.env) } }) },
  };
}

/** Translates an entry under `context_servers` of Zed: `command` may be an object; Zed fills in no references. */
export function translateContextServer(written: JsonObject): Translated {
  const { command, source, ...fields } = written;
  const program = isJsonObject(command)
    ? { command: command.path, args: command.args, env: command.env, timeout: command.timeout }
    : { command };
  const given = Object.fromEntries(
    Object.entries({ ...fields, ...program }).filter(([, value]) => value !== undefined),
  );
  if (given.command === undefined && given.url === undefined)
    return { entry: {}, notes: [], refusal: 'only Zed knows how to start this extension' };
  const translated = translateFields(given, { ignored: ['settings', 'remote', 'remote_server'] });
  return literally('Zed', [], translated);
}

/** Translates an entry under `mcp` of Crush: times are in seconds, and its own shell expands `$X` and `$(command)`. */
export function translateCrush(entry: JsonObject, { home }: TranslationContext): Translated {
  const translated = literally('Crush', ['plain'], translateFields(entry, { timeout: 'seconds' }));
  // The message does not quote the command: it may hold a secret.
  const refusal = JSON.stringify(entry).includes('$(') ? 'only the shell of Crush runs its $(…)' : undefined;
  return { ...translated, entry: bracedEntry(translated.entry, home.env), refusal };
}

/**
 * Translates an entry under `mcpServers` of LibreChat: a value that each user enters becomes a variable; a server with
 * any other placeholder `{{X}}` is refused.
 */
export function translateLibreChat(entry: JsonObject): Translated {
  const translated = translateFields(entry, {
    ignored: ['iconPath', 'title', 'chatMenu', 'startup', 'serverInstructions', 'customUserVars', 'requiresOAuth'],
  });
  const { entry: fields, ...rest } = literally('LibreChat', ['plain'], translated);
  const unknown = new Set<string>();
  const filled = mapTexts(fields, (text) =>
    text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => {
      if (isJsonObject(entry.customUserVars) && Object.hasOwn(entry.customUserVars, name)) return `\${${name}}`;
      unknown.add(whole);
      return whole;
    }),
  );
  if (unknown.size === 0) return { ...rest, entry: filled };
  return { ...rest, entry: filled, refusal: `only LibreChat knows ${[...unknown].join(', ')}` };
}

/** Returns the rules and switches for a server that its file holds beside the entry, in the fields of any client. */
export function saidInFile(root: JsonObject, server: WrittenServer, home: ClientHome): Verdict {
  const { rules = [], ...claude } = verdictOfClaude(server, [root, ...projectsIn(root, home)]);
  const others = [
    ...rulesOfOpencode([root], server.key),
    ...rulesOfAmp(root, server.key),
    ...rulesOfCrush(root, server.key),
  ];
  return { ...claude, ...keptOut([root], server.key), rules: deniesFirst([...rules, ...others]) };
}

/**
 * Returns the tools that `amp.tools.disable` lists or `amp.permissions` rejects or asks about; skips rules with
 * conditions on arguments.
 */
function rulesOfAmp(root: JsonObject, key: string): readonly ToolRule[] {
  const { 'amp.tools.disable': disabled, 'amp.permissions': listed } = root;
  const rules = (Array.isArray(listed) ? listed : []).filter(isJsonObject);
  return [
    ...toolsOfClaude(disabled, key, 'deny'),
    ...rules.flatMap(({ tool, action, matches }) => {
      const ours = action === 'reject' ? 'deny' : action === 'ask' ? 'ask' : undefined;
      return ours === undefined || matches !== undefined ? [] : toolsOfClaude([tool], key, ours);
    }),
  ];
}

/** Reads `options.disabled_tools`, whose names have the form `mcp_<server>_<tool>`. */
function rulesOfCrush({ options }: JsonObject, key: string): readonly ToolRule[] {
  const names = isJsonObject(options) && Array.isArray(options.disabled_tools) ? options.disabled_tools : [];
  const start = `mcp_${key}_`;
  const tools = names.flatMap((name) =>
    typeof name === 'string' && name.startsWith(start) ? name.slice(start.length) : [],
  );
  return tools.length > 0 ? [{ tools, action: 'deny' }] : [];
}

/**
 * True if a file is a configuration of a gateway: it has a field that only such a file has, or its path contains
 * `mcp-gateway`.
 */
export function isOfGateway(root: JsonObject, path: string): boolean {
  const isListed = [root.servers, root.permissions].some(Array.isArray);
  return '$gateway' in root || isListed || /mcp-gateway/.test(basename(dirname(path)) + basename(path));
}

/** Returns the rules in a gateway's configuration that concern one of its servers, in the file's order. */
export function rulesOfGateway(root: JsonObject, server: WrittenServer): readonly ToolRule[] {
  const settings = readShape(root).settings.value;
  const written: unknown = isJsonObject(settings) ? settings.permissions : undefined;
  // Other clients use the name `permissions` for an object.
  if (!Array.isArray(written)) return [];
  return checkPermissions(written, () => {}).flatMap((rule) => ruleFor(rule, server));
}

/** Converts the rule to a rule for this server; returns an empty list if the rule is about other servers. */
function ruleFor(
  { server: servers, tags, id, tool, action, broken: _, ...hints }: PermissionRule,
  { key, entry }: WrittenServer,
): ToolRule[] {
  const own = Array.isArray(entry.tags) ? entry.tags : [];
  const isMeant = servers === undefined || [servers].flat().some((pattern) => matchesGlob(pattern, key));
  const isTagged = tags === undefined || tags.some((tag) => own.includes(tag));
  if (!isMeant || !isTagged) return [];
  const rule = { ...(tool !== undefined && { tools: [tool].flat() }), action };
  if (id === undefined) return [{ ...rule, more: hints }];
  // An id begins with the server's key in that file; an import may give the server another key.
  const ids = [id].flat().flatMap((pattern) => {
    const [start = '', name] = pattern.split('::');
    if (name === undefined) return [pattern];
    return matchesGlob(start, key) ? [`*::${name}`] : [];
  });
  return ids.length > 0 ? [{ ...rule, more: { ...hints, id: ids } }] : [];
}
