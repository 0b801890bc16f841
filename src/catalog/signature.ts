import type { ToolDefinition } from '../core/tool.ts';
import { type Detail, propertiesOf, renderProperty, renderType, type Schemas, schemasOf } from './schema-type.ts';

const LEAST_DETAIL: Detail = { nested: false, enumChars: 24, defaults: false };

const DETAILS: readonly Detail[] = [
  { nested: true, enumChars: 60, defaults: true },
  { nested: false, enumChars: 60, defaults: true },
  LEAST_DETAIL,
];

/**
 * Compact typed rendering of a tool's input schema, `(path: string, head?: integer = 10)`: required first, `?` for
 * optional, `…` where something was left out, at most `maxChars` long. Never throws, whatever the schema is.
 */
export function signature({ inputSchema }: ToolDefinition, maxChars = 300): string {
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
