import { basename, dirname } from 'node:path';
import { readShape } from '../../config/formats.ts';
import { checkPermissions, type PermissionRule } from '../../config/permissions.ts';
import { matchesGlob } from '../../core/glob.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ToolRule, WrittenServer } from './client.ts';

/** Whether a file is a configuration of a gateway, by what only those have. */
export function isOfGateway(root: JsonObject, path: string): boolean {
  const isListed = [root.servers, root.permissions].some(Array.isArray);
  return '$gateway' in root || isListed || /mcp-gateway/.test(basename(dirname(path)) + basename(path));
}

/** The rules in a configuration of a gateway that concern one of its servers, in their order. */
export function rulesOfGateway(root: JsonObject, server: WrittenServer): readonly ToolRule[] {
  const settings = readShape(root).settings.value;
  const written: unknown = isJsonObject(settings) ? settings.permissions : undefined;
  // Other clients have something else of that name.
  if (!Array.isArray(written)) return [];
  return checkPermissions(written, () => {}).flatMap((rule) => ruleFor(rule, server));
}

/** None where it is about other servers. */
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
  // An id begins with the key of the server, which may be another here.
  const ids = [id].flat().flatMap((pattern) => {
    const [start = '', name] = pattern.split('::');
    if (name === undefined) return [pattern];
    return matchesGlob(start, key) ? [`*::${name}`] : [];
  });
  return ids.length > 0 ? [{ ...rule, more: { ...hints, id: ids } }] : [];
}
