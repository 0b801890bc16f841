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
  const properties: Schemas['properties'] = new Map();
  const render = (detail: Detail) => parameters(schemasOf(inputSchema, detail, properties));
  for (const detail of DETAILS) {
    const full = `(${render(detail).join(', ')})`;
    if (full.length <= maxChars) return full;
  }
  return cut(render(LEAST_DETAIL), maxChars);
}

function parameters(schemas: Schemas): string[] {
  const properties = propertiesOf(schemas.root, schemas);
  if (properties.length > 0) return properties.map((property) => renderProperty(property, schemas));
  const type = renderType(schemas.root, schemas);
  return ['any', 'object', 'null', 'never'].includes(type) ? [] : [type];
}

// Whole parameters only: half a type misleads more than none.
function cut(rendered: readonly string[], maxChars: number): string {
  const room = maxChars - '(…)'.length;
  const fitting: string[] = [];
  let used = 0;
  for (const parameter of rendered) {
    used += parameter.length + ', '.length;
    if (used > room) break;
    fitting.push(parameter);
  }
  return `(${[...fitting, '…'].join(', ')})`;
}
