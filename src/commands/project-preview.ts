import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RawConfig } from '../config/formats.ts';
import type { GatewayConfig } from '../config/load.ts';
import { PROJECT_SETTINGS } from '../config/project-settings.ts';
import type { ProjectConfig } from '../config/with-project.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { shown, shownPath } from './terminal.ts';

export interface ShownProject {
  readonly file: string;
  readonly project: ProjectConfig;
  /** What was confirmed before. */
  readonly before: RawConfig | undefined;
  /** The user's own configuration. */
  readonly own: GatewayConfig;
  readonly warnings: readonly string[];
}

/**
 * What the file of a project would do, for people; where it was confirmed before, only what has changed. Nothing is blanked
 * or cut: it is the file's own text, and what were hidden nobody could judge. `home` is written as `~`.
 */
export function projectPreview({ file, project, before, own, warnings }: ShownProject, home: string): string {
  const now = entriesOf(project.raw);
  const then = before === undefined ? new Map<string, JsonObject>() : entriesOf(before);
  const changed = [...now].filter(([key, entry]) => !isDeepStrictEqual(entry, then.get(key)));
  const gone = [...then.keys()].filter((key) => !now.has(key));
  const sameCount = now.size - changed.length;
  const remarks = [
    ...(own.settings.project
      ? []
      : ['Your own configuration says "project": false; until that goes it has no effect.']),
    ...warnings,
    ...project.problems.map(({ message }) => message.replace(`${file}: `, '')),
  ];
  const lines = [
    `${shownPath(file, home)}${before === undefined ? '' : ' has changed since you confirmed it'}`,
    '',
    ...changed.flatMap(([key, entry]) =>
      entryLines({ key, entry, before: then.get(key), effect: effectOn(own, key, entry) }),
    ),
    ...gone.map((key) => `  - ${nameOf(key)}`),
    ...(sameCount > 0 ? [`  = ${sameCount} as before`] : []),
    ...(remarks.length > 0 ? ['', ...remarks.map((remark) => `  ! ${shown(remark)}`)] : []),
    '',
    `Local servers run as you, in ${shownPath(dirname(file), home)}; \${…} is filled in with your variables.`,
  ];
  return `${lines.join('\n')}\n\n`;
}

/** What could be taken for more than a name is quoted. */
function nameOf(key: string): string {
  if (key === SETTINGS) return '(settings)';
  return /^[\p{L}\p{N}_.@/-]+$/u.test(key) ? key : shown(JSON.stringify(key));
}

/** No server can be called so, and hide behind the settings. */
const SETTINGS = '\0';

/** Entries as written, before any variable is filled in, in the native shape; with them the settings that count. */
function entriesOf({ entries, settings }: RawConfig): Map<string, JsonObject> {
  const servers = entries.flatMap(({ key, value }): [string, JsonObject][] => (value ? [[key, value]] : []));
  const own = Object.entries(isJsonObject(settings.value) ? settings.value : {}).filter(([name]) =>
    PROJECT_SETTINGS.includes(name),
  );
  return new Map([...servers, ...(own.length > 0 ? [[SETTINGS, Object.fromEntries(own)] as const] : [])]);
}

function effectOn({ servers, misconfigured, disabled }: GatewayConfig, key: string, { enabled }: JsonObject): string {
  const isYours = servers.some((server) => server.key === key) || misconfigured.some(({ server }) => server === key);
  if (disabled.includes(key)) return ' (stays switched off, as you have it)';
  if (enabled === false) return isYours ? ' (switches yours off)' : ' (switched off)';
  return isYours ? ' (in place of yours)' : '';
}

interface ShownEntry {
  readonly key: string;
  readonly entry: JsonObject;
  readonly before: JsonObject | undefined;
  readonly effect: string;
}

function entryLines({ key, entry, before, effect }: ShownEntry): string[] {
  const fields = Object.keys({ ...before, ...entry }).filter((name) => !isDeepStrictEqual(entry[name], before?.[name]));
  const line = (mark: string, name: string, value: unknown) =>
    value === undefined ? [] : [`      ${mark}${shown(name)}: ${shownValue(name, value)}`];
  return [
    `  ${before === undefined ? '+' : '~'} ${nameOf(key)}${effect}`,
    ...fields.flatMap((name) =>
      before === undefined
        ? line('', name, entry[name])
        : [...line('- ', name, before[name]), ...line('+ ', name, entry[name])],
    ),
  ];
}

function shownValue(name: string, value: unknown): string {
  if (name === 'command' && Array.isArray(value)) return value.map(shownWord).join(' ');
  return typeof value === 'string' && name === 'url' ? shown(value) : shown(JSON.stringify(value));
}

/** A word of a command that could be taken for several, or for none, in quotes. */
function shownWord(word: unknown): string {
  return typeof word === 'string' && /^[^\s"'\\]+$/.test(word) ? shown(word) : shown(JSON.stringify(word));
}
