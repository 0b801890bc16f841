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
  /** The version that the user confirmed before; undefined if the user has confirmed none. */
  readonly before: RawConfig | undefined;
  /** The user's own configuration. */
  readonly own: GatewayConfig;
  readonly warnings: readonly string[];
}

/**
 * Describes the effect of a project's file for people; if it was confirmed before, only the changes. Shows the file's
 * own text without blanking or shortening it, because a person cannot judge hidden parts. `home` is written as `~`.
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

/** Returns a key for display, quoted if it contains more than plain name characters. */
function nameOf(key: string): string {
  if (key === SETTINGS) return '(settings)';
  const isPlain = /^[\p{L}\p{N}_.@/-]+$/u.test(key) && reveal(key) === key;
  return isPlain ? key : reveal(JSON.stringify(key));
}

/** Returns a text of the file without invisible characters and control sequences of terminals. */
function reveal(text: string): string {
  return withoutBlanks(displayText(text));
}

/** Fields with text for people, in which other scripts are no deception. */
const PROSE: readonly string[] = ['description', 'tags'];
/** Greatest number of remarks on one entry. */
const MAX_DECEPTIONS = 10;

/** Returns remarks on words of an entry, its key included, that could mislead. */
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

/** Returns a warning if a key can be confused with another one, else an empty list. */
function takenFor(key: string, others: readonly string[]): readonly string[] {
  const other = others.find((each) => each !== key && each !== SETTINGS && looksLike(each) === looksLike(key));
  return other === undefined ? [] : [`${nameOf(key)}: looks like ${nameOf(other)}, which is another server`];
}

/** Key for the settings; no server can have this key and so be shown as the settings. */
const SETTINGS = '\0';

/**
 * Returns the entries in the native shape, with references not filled in, and the settings that apply in a project's
 * file.
 */
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

/** Returns a word of a command for display, in quotes if it is empty or contains blanks or quotes. */
function shownWord(word: unknown): string {
  return typeof word === 'string' && /^[^\s"'\\]+$/.test(word) ? reveal(word) : reveal(JSON.stringify(word));
}
