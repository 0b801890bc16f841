import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { ToolDefinition, ToolEntry } from '../core/tool.ts';
import { isStopword, tokenize } from './text-analysis.ts';

/** The searched parts of a tool, each with a weight of its own. */
export const FIELDS = ['name', 'server', 'summary', 'details', 'parameters', 'parameterDetails'] as const;

export type Field = (typeof FIELDS)[number];

/** Distinct terms of each field, in order of their first appearance. */
export type FieldTerms = Readonly<Record<Field, readonly string[]>>;

// Bounds of the searched texts of a tool: 95% of real tools stay within them.
const MAX_NAME_CHARS = 300;
const MAX_SUMMARY_CHARS = 300;
const MAX_DETAILS_CHARS = 800;
const MAX_PARAMETERS = 30;
const MAX_PARAMETER_CHARS = 120;
const MAX_VALUES = 12;
/** Most characters of the names of all parameters, and of all their descriptions, and most words of a tool. */
const MAX_PARAMETERS_CHARS = 1_000;
const MAX_PARAMETERS_TEXT_CHARS = 2_000;
const MAX_WORDS = 500;

/** Returns the searchable terms of a tool: at most 500, for any length of its texts. */
export function fieldTerms({ definition, server, tags }: ToolEntry, serverDescription = ''): FieldTerms {
  const [summary, details] = sentences(textOf(definition.description));
  const parameters = parametersOf(definition.inputSchema);
  let left = MAX_WORDS;
  const some = (words: readonly string[]) => {
    const kept = words.slice(0, left);
    left -= kept.length;
    return kept;
  };
  return {
    name: some(terms([clip(definition.name, MAX_NAME_CHARS), clip(titleOf(definition), MAX_NAME_CHARS)])),
    server: some(terms([server, ...tags].map((text) => clip(text, MAX_NAME_CHARS)))),
    summary: some(prose([summary])),
    details: some(prose([details, clip(serverDescription, MAX_NAME_CHARS)])),
    parameters: some(
      terms(
        parameters.map(({ name }) => name),
        MAX_PARAMETERS_CHARS,
      ),
    ),
    parameterDetails: some(
      prose(
        parameters.map(({ text }) => text),
        MAX_PARAMETERS_TEXT_CHARS,
      ),
    ),
  };
}

/** Returns a tool's display name: `title`, else `annotations.title`, else empty. */
export function titleOf({ title, annotations }: ToolDefinition): string {
  return textOf(title) || textOf(isJsonObject(annotations) ? annotations.title : undefined);
}

/** Returns the value if it is a string, else empty: servers put any value anywhere. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Splits a description into its first sentence or line and the rest. */
function sentences(text: string): [summary: string, details: string] {
  const start = text.slice(0, MAX_SUMMARY_CHARS + MAX_DETAILS_CHARS).trimStart();
  const end = /[.!?](?=\s)|[。！？]|\n\s*\n|$/u.exec(start.slice(0, MAX_SUMMARY_CHARS))?.index ?? MAX_SUMMARY_CHARS;
  return [start.slice(0, end), start.slice(end)];
}

/** Returns the first parameters of a schema, then those within them, with the beginning of their descriptions and values. */
export function parametersOf(schema: unknown): { name: string; text: string }[] {
  const properties = propertiesOf(schema);
  const nested = properties.flatMap(([, property]) => propertiesOf(itemsOf(property)));
  return [...properties, ...nested].slice(0, MAX_PARAMETERS).map(([name, property]) => ({
    name: clip(name, MAX_PARAMETER_CHARS),
    text: isJsonObject(property)
      ? clip(`${textOf(property.description)} ${values(property)}`, MAX_PARAMETER_CHARS)
      : '',
  }));
}

function propertiesOf(schema: unknown): [string, unknown][] {
  if (!isJsonObject(schema) || !isJsonObject(schema.properties)) return [];
  return Object.entries(schema.properties).slice(0, MAX_PARAMETERS);
}

const itemsOf = (property: unknown) => (isJsonObject(property) && property.items) || property;

function values({ enum: listed }: JsonObject): string {
  return Array.isArray(listed)
    ? listed
        .slice(0, MAX_VALUES)
        .filter((value) => typeof value === 'string')
        .join(' ')
    : '';
}

const prose = (texts: readonly string[], maxChars?: number) =>
  terms(texts, maxChars).filter((term) => !isStopword(term));
const terms = (texts: readonly string[], maxChars?: number) => [
  ...new Set(tokenize(texts.join(' ').slice(0, maxChars))),
];
const clip = (text: string, maxChars: number) => text.slice(0, maxChars);
