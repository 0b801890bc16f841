import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfig } from '../../config/load.ts';
import { PROJECT_SETTINGS, type ProjectConfig } from '../../config/project/with-project.ts';
import type { RawConfig } from '../../config/shapes.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { displayPath } from '../terminal/text-layout.ts';
import { lookalikesIn, looksLike, withoutBlanks } from './lookalikes.ts';

export interface ShownProject {
  readonly file: string;
  readonly project: ProjectConfig;
  /** The version that was confirmed before. */
  readonly before: RawConfig | undefined;
  /** The user's own configuration. */
  readonly own: GatewayConfig;
  readonly warnings: readonly string[];
}

/**
 * Describes the effect of a project's file for people; if it was confirmed before, only the changes. Nothing is blanked
 * or cut: it is the file's own text, and nobody could judge hidden parts. `home` is written as `~`.
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
    ...changed.flatMap(([key, entry]) => deceptionsOf(key, entry)),
    ...changed.flatMap(([key]) => takenFor(key, [...now.keys(), ...own.servers.map((server) => server.key)])),
  ];
  const lines = [
    `${displayPath(file, home)}${before === undefined ? '' : ' has changed since you confirmed it'}`,
    '',
    ...changed.flatMap(([key, entry]) =>
      entryLines({ key, entry, before: then.get(key), effect: effectOn(own, key, entry) }),
    ),
    ...gone.map((key) => `  - ${nameOf(key)}`),
    ...(sameCount > 0 ? [`  = ${sameCount} as before`] : []),
    ...(remarks.length > 0 ? ['', ...remarks.map((remark) => `  ! ${reveal(remark)}`)] : []),
    '',
    `Local servers run as you, in ${displayPath(dirname(file), home)}; \${…} is filled in with your variables.`,
  ];
  return `${lines.join('\n')}\n\n`;
}

/** A key as it is shown: quoted if it could be taken for more than a name. */
function nameOf(key: string): string {
  if (key === SETTINGS) return '(settings)';
  const isPlain = /^[\p{L}\p{N}_.@/-]+$/u.test(key) && reveal(key) === key;
  return isPlain ? key : reveal(JSON.stringify(key));
}

/** A text of the file in which nothing is hidden and nothing steers a terminal. */
function reveal(text: string): string {
  return withoutBlanks(displayText(text));
}

/** Fields in which people write sentences. */
const PROSE: readonly string[] = ['description', 'tags'];
/** Remarks on one entry at most. */
const MAX_DECEPTIONS = 10;

/** Words of an entry, its key among them, that are not what they look like. */
function deceptionsOf(key: string, entry: JsonObject): readonly string[] {
  const inKey = lookalikesIn(key).map((word) => ({ ...word, where: 'its key' }));
  const within = Object.entries(entry)
    .filter(([name]) => !PROSE.includes(name))
    .flatMap(([name, value]) =>
      textsIn(name, value)
        .flatMap(lookalikesIn)
        .map((word) => ({ ...word, where: reveal(name) })),
    );
  return [...inKey, ...within].slice(0, MAX_DECEPTIONS).map(({ where, word, reads, mixesScripts, hasMarks }) => {
    const mixed = mixesScripts ? ['mixes scripts'] : [];
    const like = reads === undefined ? [] : [`reads like "${reveal(reads)}" and is not`];
    const otherwise = hasMarks ? 'has marks on its letters' : 'has signs that are no plain letters';
    const what = [...mixed, ...like].join(' and ') || otherwise;
    return `${nameOf(key)}: ${where}: "${reveal(word)}" ${what}`;
  });
}

function textsIn(name: string, value: unknown): readonly string[] {
  if (typeof value === 'string') return [name, value];
  if (Array.isArray(value)) return [name, ...value.flatMap((item) => textsIn('', item))];
  return isJsonObject(value) ? [name, ...Object.entries(value).flatMap(([key, inner]) => textsIn(key, inner))] : [name];
}

/** Warning that a key can be taken for another one; empty if there is none like it. */
function takenFor(key: string, others: readonly string[]): readonly string[] {
  const other = others.find((each) => each !== key && each !== SETTINGS && looksLike(each) === looksLike(key));
  return other === undefined ? [] : [`${nameOf(key)}: looks like ${nameOf(other)}, which is another server`];
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
    value === undefined ? [] : [`      ${mark}${reveal(name)}: ${revealValue(name, value)}`];
  return [
    `  ${before === undefined ? '+' : '~'} ${nameOf(key)}${effect}`,
    ...fields.flatMap((name) =>
      before === undefined
        ? line('', name, entry[name])
        : [...line('- ', name, before[name]), ...line('+ ', name, entry[name])],
    ),
  ];
}

function revealValue(name: string, value: unknown): string {
  if (name === 'command' && Array.isArray(value)) return value.map(shownWord).join(' ');
  return typeof value === 'string' && name === 'url' ? reveal(value) : reveal(JSON.stringify(value));
}

/** A word of a command that could be taken for several, or for none, in quotes. */
function shownWord(word: unknown): string {
  return typeof word === 'string' && /^[^\s"'\\]+$/.test(word) ? reveal(word) : reveal(JSON.stringify(word));
}
