import { isJsonObject } from '../core/json.ts';
import type { ToolDefinition } from '../core/tool.ts';
import {
  type Detail,
  labelOf,
  type Property,
  propertiesOf,
  renderProperty,
  renderType,
  rootProperties,
  type Schemas,
  schemasOf,
} from './schema-types.ts';

const LEAST_DETAIL: Detail = { nested: false, enumChars: 24, defaults: false };

const DETAILS: readonly Detail[] = [
  { nested: true, enumChars: 60, defaults: true },
  { nested: false, enumChars: 60, defaults: true },
  LEAST_DETAIL,
];

/** Most characters for the fields of a tool's output: they help to choose a tool, and are not needed to call it. */
const OUTPUT_CHARS = 80;

/** What is known about a tool beside its definition; each member may be absent. */
export interface SignatureOptions {
  /** Optional parameters that most tools of the server have: they come last. */
  readonly shared?: ReadonlySet<string> | undefined;
  /** Parameters that are said elsewhere: they are left out without a mark. */
  readonly omitted?: ReadonlySet<string> | undefined;
  /** Kinds of content that the tool gives back beside text: `image`, `audio`, `resource`. */
  readonly contents?: readonly string[];
}

/**
 * Renders a tool's schemas as a compact typed text, `(path: string, head?: integer = 10) → {lines, total}`: required
 * parameters first, `?` for optional ones, `…` for parts left out, at most `maxChars` long. `()` takes nothing, `(any)`
 * any object. What comes back follows only if there is room and the schema says more than that something does. Never
 * throws, for any schemas.
 */
export function signature(definition: ToolDefinition, maxChars = 300, options: SignatureOptions = {}): string {
  const input = parameterList(definition, maxChars, options);
  const output = outputs(definition, Math.min(OUTPUT_CHARS, maxChars - input.length), options.contents);
  return `${input}${output}`;
}

/** Returns the texts of the named ones of a tool's parameters by name, each as in a signature: `tenant?: string`. */
export function renderedParameters(
  { inputSchema }: ToolDefinition,
  names: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const schemas = schemasOf(inputSchema, LEAST_DETAIL, new Map());
  const named = propertiesOf(inputSchema, schemas).filter(({ name }) => names.has(name));
  return new Map(named.map((property) => [property.name, renderProperty(property, schemas)]));
}

/** Names of a tool's only output that say no more than that there is one. */
const GENERIC_OUTPUTS: readonly string[] = ['content', 'result', 'results', 'output', 'response', 'data'];

function outputs({ outputSchema }: ToolDefinition, maxChars: number, contents: readonly string[] = []): string {
  if (maxChars < 0) return '';
  const names = outputSchema === undefined ? [] : outputNames(outputSchema);
  const { fitting, isWhole } = within(maxChars - ' → {, …}'.length, names);
  const fields = fitting.length === 0 ? [] : [`{${[...fitting, ...(isWhole ? [] : ['…'])].join(', ')}}`];
  const { fitting: shown } = within(maxChars - ' → '.length, [...fields, ...contents]);
  return shown.length === 0 ? '' : ` → ${shown.join(', ')}`;
}

function outputNames(schema: unknown): readonly string[] {
  const names = rootProperties(schema).map(({ name }) => labelOf(name));
  return names.length === 1 && GENERIC_OUTPUTS.includes(names[0] ?? '') ? [] : names;
}

function parameterList({ inputSchema }: ToolDefinition, maxChars: number, options: SignatureOptions): string {
  const names: Schemas['names'] = new Map();
  const render = (detail: Detail) => parameters(schemasOf(inputSchema, detail, names), options);
  for (const detail of DETAILS) {
    const { fitting, isWhole } = within(maxChars - '()'.length, render(detail));
    if (isWhole) return `(${fitting.join(', ')})`;
  }
  // Shows whole parameters only: half a type misleads more than none.
  const { fitting } = within(maxChars - '(, …)'.length, render(LEAST_DETAIL));
  return `(${[...fitting, '…'].join(', ')})`;
}

// A generator, so that only the shown part of a huge schema is rendered.
function* parameters(schemas: Schemas, { shared, omitted }: SignatureOptions): Generator<string> {
  const properties = propertiesOf(schemas.root, schemas);
  const isShared = ({ name, required }: Property) => shared?.has(name) === true && !required;
  for (const late of [false, true]) {
    for (const property of properties) {
      if (isShared(property) === late && !omitted?.has(property.name)) yield renderProperty(property, schemas);
    }
  }
  if (properties.length > 0) return;
  const type = renderType(schemas.root, schemas);
  if (!['any', 'object', 'null', 'never', '{[key]: any}'].includes(type)) yield type;
  else if (admitsAny(schemas.root)) yield 'any';
}

/**
 * True if a schema without properties lets a caller send some: it does not declare `properties`, not even none, and
 * does not forbid additional ones; or it declares that additional ones may come.
 */
function admitsAny(schema: unknown): boolean {
  if (!isJsonObject(schema)) return schema === true;
  const { type, properties, additionalProperties, maxProperties } = schema;
  if (additionalProperties === false || maxProperties === 0 || (type !== undefined && type !== 'object')) return false;
  return !isJsonObject(properties) || additionalProperties === true || isJsonObject(additionalProperties);
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
