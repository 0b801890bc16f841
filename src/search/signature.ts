import type { ToolDefinition } from '../core/tool.ts';
import { type Detail, propertiesOf, renderProperty, renderType, type Schemas, schemasOf } from './schema-type.ts';

const LEAST_DETAIL: Detail = { nested: false, enumChars: 24, defaults: false };

const DETAILS: readonly Detail[] = [
  { nested: true, enumChars: 60, defaults: true },
  { nested: false, enumChars: 60, defaults: true },
  LEAST_DETAIL,
];

/** Longest list of what a tool gives back, in characters: it helps to choose, it is not needed to call. */
const OUTPUT_CHARS = 80;

/**
 * Compact typed rendering of a tool's schemas, `(path: string, head?: integer = 10) → {lines, total}`: required first,
 * `?` for optional, `…` where something was left out, at most `maxChars` long; the fields given back only where there
 * is room. Never throws, whatever the schemas are.
 */
export function signature(definition: ToolDefinition, maxChars = 300): string {
  const input = parameterList(definition, maxChars);
  const output = outputFields(definition, Math.min(OUTPUT_CHARS, maxChars - input.length));
  return `${input}${output}`;
}

function outputFields({ outputSchema }: ToolDefinition, maxChars: number): string {
  if (outputSchema === undefined || maxChars < 0) return '';
  const properties = propertiesOf(outputSchema, schemasOf(outputSchema, LEAST_DETAIL, new Map()));
  const names = properties.map(({ name }) => name);
  const { fitting, isWhole } = within(maxChars - ' → {, …}'.length, names);
  return fitting.length === 0 ? '' : ` → {${[...fitting, ...(isWhole ? [] : ['…'])].join(', ')}}`;
}

function parameterList({ inputSchema }: ToolDefinition, maxChars: number): string {
  const names: Schemas['names'] = new Map();
  const render = (detail: Detail) => parameters(schemasOf(inputSchema, detail, names));
  for (const detail of DETAILS) {
    const { fitting, isWhole } = within(maxChars - '()'.length, render(detail));
    if (isWhole) return `(${fitting.join(', ')})`;
  }
  // Whole parameters only: half a type misleads more than none.
  const { fitting } = within(maxChars - '(, …)'.length, render(LEAST_DETAIL));
  return `(${[...fitting, '…'].join(', ')})`;
}

// Lazy, so that of a huge schema only what is shown is rendered.
function* parameters(schemas: Schemas): Generator<string> {
  const properties = propertiesOf(schemas.root, schemas);
  for (const property of properties) yield renderProperty(property, schemas);
  if (properties.length > 0) return;
  const type = renderType(schemas.root, schemas);
  if (!['any', 'object', 'null', 'never'].includes(type)) yield type;
}

function within(maxChars: number, rendered: Iterable<string>): { fitting: string[]; isWhole: boolean } {
  const fitting: string[] = [];
  let used = -', '.length;
  for (const parameter of rendered) {
    used += ', '.length + parameter.length;
    if (used > maxChars) return { fitting, isWhole: false };
    fitting.push(parameter);
  }
  return { fitting, isWhole: true };
}
