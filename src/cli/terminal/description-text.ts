import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { shown, shownText, type Terminal } from '../commands/terminal.ts';
import { align } from './align.ts';
import { type FieldRow, fieldRows } from './field-rows.ts';
import { type Paint, paintFor } from './paint.ts';
import { wrap } from './width.ts';

/** The definition of a tool, as `describe` answers it, for people. */
export function descriptionText(tool: JsonObject, terminal: Terminal): string {
  const paint = paintFor(terminal);
  const { columns } = terminal;
  const { id, title, description, inputSchema, outputSchema, warnings, available, state } = tool;
  const heading = [paint.bold(shown(String(id))), typeof title === 'string' ? shown(title) : '']
    .filter(Boolean)
    .join('  ');
  const fields = fieldRows(inputSchema);
  const text = typeof description === 'string' ? paragraphs(description, columns) : [];
  const lines = [
    heading,
    ...(available === false ? [paint.yellow(`cannot be called now: ${shown(String(state))}`)] : []),
    ...(Array.isArray(warnings) ? warnings.map((warning) => paint.yellow(`! ${shown(String(warning))}`)) : []),
    ...text,
    ...section('Arguments', fields.length > 0 ? table(fields, paint, columns) : ['  none'], paint),
    ...(isJsonObject(outputSchema) ? section('Gives back', table(fieldRows(outputSchema), paint, columns), paint) : []),
    ...section('It says of itself', hints(tool.annotations), paint),
    ...section('Call it', [`  mcp-gateway call ${quoted(shown(String(id)))}${example(fields)}`], paint),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint.bold(title), ...lines];
}

function paragraphs(text: string, columns = Number.POSITIVE_INFINITY): string[] {
  return shownText(text.trim())
    .split('\n')
    .flatMap((line) => (/^\s*$/.test(line) ? [''] : wrapIndented(line, columns)));
}

/** Lists and code in a description keep their shape. */
function wrapIndented(line: string, columns: number): string[] {
  const indent = /^\s*/.exec(line)?.[0] ?? '';
  return wrap(line, columns - indent.length).map((each) => indent + each);
}

function table(rows: readonly FieldRow[], paint: Paint, columns?: number): string[] {
  const cells = rows.map(({ name, type, isRequired, about }) => [
    { text: `  ${shown(name)}`, paint: paint.bold },
    { text: shown(type), paint: paint.cyan },
    { text: isRequired ? 'required' : '', paint: paint.yellow },
    { text: shown(about), wraps: true },
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
  return needed.map(({ name }) => ` ${quoted(shown(name))}=…`).join('');
}

function quoted(word: string): string {
  return /^[\w:./@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
