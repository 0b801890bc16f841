import { sourceOf, writeJson } from '../../core/exact-json.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type Detail, type Property, propertiesOf, renderType, schemasOf } from '../../search/schema-types.ts';
import { type Colors, colorsFor, type Terminal } from './terminal.ts';
import { align, displayLines, wrap } from './text-layout.ts';

/** Formats an answer of `describe`, the definition of a tool, for people. */
export function descriptionText(tool: JsonObject, terminal: Terminal): string {
  const colors = colorsFor(terminal);
  const { columns } = terminal;
  const { id, title, description, inputSchema, outputSchema, warnings, available, state } = tool;
  const heading = [colors.bold(displayText(String(id))), typeof title === 'string' ? displayText(title) : '']
    .filter(Boolean)
    .join('  ');
  const fields = fieldRows(inputSchema);
  const text = typeof description === 'string' ? paragraphs(description, columns) : [];
  const lines = [
    heading,
    ...(available === false ? [colors.yellow(`cannot be called now: ${displayText(String(state))}`)] : []),
    ...(Array.isArray(warnings) ? warnings.map((warning) => colors.yellow(`! ${displayText(String(warning))}`)) : []),
    ...text,
    ...section('Arguments', fields.length > 0 ? table(fields, colors, columns) : ['  none'], colors),
    ...(isJsonObject(outputSchema)
      ? section('Gives back', table(fieldRows(outputSchema), colors, columns), colors)
      : []),
    ...section('It says of itself', hints(tool.annotations), colors),
    ...section('Call it', [`  mcp-gateway call ${quoted(displayText(String(id)))}${example(fields)}`], colors),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, lines: readonly string[], colors: Colors): string[] {
  return lines.length === 0 ? [] : ['', colors.bold(title), ...lines];
}

function paragraphs(text: string, columns = Number.POSITIVE_INFINITY): string[] {
  return displayLines(text.trim())
    .split('\n')
    .flatMap((line) => (/^\s*$/.test(line) ? [''] : wrapIndented(line, columns)));
}

/** Wraps a line at its own indentation, so that lists and code in a description keep their shape. */
function wrapIndented(line: string, columns: number): string[] {
  const indent = /^\s*/.exec(line)?.[0] ?? '';
  return wrap(line, columns - indent.length).map((each) => indent + each);
}

function table(rows: readonly FieldRow[], colors: Colors, columns?: number): string[] {
  const cells = rows.map(({ name, type, isRequired, about }) => [
    { text: `  ${displayText(name)}`, color: colors.bold },
    { text: displayText(type), color: colors.cyan },
    { text: isRequired ? 'required' : '', color: colors.yellow },
    { text: displayText(about), wraps: true },
  ]);
  return align(cells, columns);
}

const HINTS: Readonly<Record<string, readonly [yes: string, no: string]>> = {
  readOnlyHint: ['only reads', 'changes something'],
  destructiveHint: ['may destroy', 'destroys nothing'],
  idempotentHint: ['twice is once', 'twice is not once'],
  openWorldHint: ['reaches the outside world', 'stays in its own world'],
};

function hints(annotations: unknown): string[] {
  if (!isJsonObject(annotations)) return [];
  const told = Object.entries(HINTS).flatMap(([name, [yes, no]]) => {
    const value = annotations[name];
    return typeof value === 'boolean' ? [value ? yes : no] : [];
  });
  return told.length > 0 ? [`  ${told.join(', ')}`] : [];
}

function example(fields: readonly FieldRow[]): string {
  const needed = fields.filter(({ name, isRequired }) => isRequired && !/[.[]/.test(name));
  return needed.map(({ name }) => ` ${quoted(displayText(name))}=…`).join('');
}

function quoted(word: string): string {
  return /^[\w:./@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A property of a schema; one within an object has its path as name, in the form that `call` takes. */
interface FieldRow {
  readonly name: string;
  readonly type: string;
  /** True if the property is required; for one within an object, if the object is given. */
  readonly isRequired: boolean;
  /** Description, default and limits, on one line. */
  readonly about: string;
}

const DETAIL: Detail = { nested: false, enumChars: 120, defaults: false };
const MAX_DEPTH = 3;
const MAX_ROWS = 200;
const MAX_DEFAULT_CHARS = 60;

/** Returns the properties of an object schema, required ones first, at most 200; none for any other schema. */
export function fieldRows(schema: unknown): readonly FieldRow[] {
  const rows: FieldRow[] = [];
  // A generator yields the rows one by one, because a schema may refer to itself without end.
  for (const row of rowsWithin(schema, schema, '', 1)) if (rows.push(row) === MAX_ROWS) break;
  return rows;
}

function* rowsWithin(root: unknown, schema: unknown, prefix: string, depth: number): Generator<FieldRow> {
  for (const property of propertiesOf(schema, schemasOf(root, DETAIL, new Map()))) {
    const name = `${prefix}${property.name}`;
    const type = renderType(property.schema, schemasOf(root, DETAIL, new Map()));
    yield { name, type, isRequired: property.required, about: about(property) };
    if (depth < MAX_DEPTH) yield* within(root, property, name, depth + 1);
  }
}

/** Yields the properties of an object, or of one item of a list of objects. */
function* within(root: unknown, { schema }: Property, name: string, depth: number): Generator<FieldRow> {
  if (!isJsonObject(schema)) return;
  if (isJsonObject(schema.items)) yield* rowsWithin(root, schema.items, `${name}.0.`, depth);
  else yield* rowsWithin(root, schema, `${name}.`, depth);
}

function about({ schema }: Property): string {
  if (!isJsonObject(schema)) return '';
  const { description, default: standard } = schema;
  const written = sourceOf(schema, 'default') ?? writeJson(standard);
  const told = standard === undefined ? [] : [`default ${written.slice(0, MAX_DEFAULT_CHARS)}`];
  const limits = [...told, ...limitsOf(schema)].join(', ');
  const text = typeof description === 'string' ? description.replace(/\s+/g, ' ').trim() : '';
  return [text, limits && `(${limits})`].filter(Boolean).join(' ');
}

const LIMITS: Readonly<Record<string, string>> = {
  minimum: 'at least',
  exclusiveMinimum: 'more than',
  maximum: 'at most',
  exclusiveMaximum: 'less than',
  minLength: 'characters at least',
  maxLength: 'characters at most',
  minItems: 'items at least',
  maxItems: 'items at most',
  pattern: 'pattern',
  format: 'format',
};

function limitsOf(schema: JsonObject): string[] {
  return Object.entries(LIMITS).flatMap(([name, words]) => {
    const limit = schema[name];
    if (typeof limit !== 'number' && typeof limit !== 'string') return [];
    // JSON Schema generators write this limit for "any whole number".
    return Math.abs(Number(limit)) === Number.MAX_SAFE_INTEGER ? [] : [`${words} ${sourceOf(schema, name) ?? limit}`];
  });
}
