import { causeOf } from '../core/errors.ts';
import { sourceOf } from '../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { ToolListing } from './list-tools.ts';

/**
 * Arguments that a server of 2026-07-28 wants repeated as HTTP headers: lower-case header name → path of the argument.
 */
type HeaderParameters = ReadonlyMap<string, readonly string[]>;

/** The schema keyword that requests a header. */
const KEYWORD = 'x-mcp-header';
/** A header name: a `token` of RFC 9110. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES = ['string', 'integer', 'boolean'];

/**
 * Returns the parameters that a tool's schema wants repeated. Throws for a faulty schema: such a tool must not be used
 * over HTTP.
 */
function headerParameters(inputSchema: JsonObject): HeaderParameters {
  const found = new Map<string, readonly string[]>();
  collect(inputSchema, [], found);
  const counted = JSON.stringify(inputSchema).split(`"${KEYWORD}":`).length - 1;
  if (counted > found.size) throw new Error(`${KEYWORD} is allowed on properties of objects only`);
  return found;
}

function collect(schema: unknown, path: readonly string[], found: Map<string, readonly string[]>): void {
  if (!isJsonObject(schema) || !isJsonObject(schema.properties)) return;
  for (const [key, property] of Object.entries(schema.properties)) {
    const here = [...path, key];
    if (isJsonObject(property) && KEYWORD in property) found.set(headerName(property, here, found), here);
    collect(property, here, found);
  }
}

function headerName(property: JsonObject, path: readonly string[], found: ReadonlyMap<string, unknown>): string {
  const name = property[KEYWORD];
  const where = path.join('.');
  if (typeof name !== 'string' || !TOKEN.test(name)) throw new Error(`${where}: ${KEYWORD} is no header name`);
  if (!TYPES.includes(property.type as string)) throw new Error(`${where}: ${KEYWORD} on a type other than ${TYPES}`);
  const lower = name.toLowerCase();
  if (found.has(lower)) throw new Error(`${where}: ${KEYWORD} "${name}" is used twice`);
  return lower;
}

/** The header parameters of one server's tools. */
export class HeaderTable {
  readonly #tools = new Map<string, HeaderParameters>();

  /**
   * Stores the header parameters of each listed tool. Leaves out tools with a faulty keyword, as the protocol demands.
   */
  read({ tools, problems, leftOut, rest, ...listing }: ToolListing): ToolListing {
    const wrong = new Map(leftOut);
    const causes: string[] = [];
    const usable = tools.filter((tool) => {
      try {
        this.#tools.set(tool.name, headerParameters(tool.inputSchema));
        return true;
      } catch (error) {
        wrong.set(tool.name, causeOf(error));
        causes.push(`tool "${tool.name}" was left out: ${causeOf(error)}`);
        return false;
      }
    });
    const whole = rest?.then((late) => this.read(late));
    const left = wrong.size > 0 && { leftOut: wrong };
    return { ...listing, tools: usable, problems: [...problems, ...causes], ...left, ...(whole && { rest: whole }) };
  }

  /** Returns the headers of one call; undefined if the tool is not in the table. */
  of(tool: unknown, args: unknown): Record<string, string> | undefined {
    const parameters = this.#tools.get(String(tool));
    return parameters && parameterHeaders(parameters, args);
  }
}

/** Returns the headers of one call. An argument that is absent, `null` or not of a simple type has none. */
function parameterHeaders(parameters: HeaderParameters, args: unknown): Record<string, string> {
  const entries = [...parameters].flatMap(([name, path]) => {
    const holder = path.slice(0, -1).reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), args);
    const last = path.at(-1);
    if (!isJsonObject(holder) || last === undefined) return [];
    const value = holder[last];
    return ['string', 'boolean', 'number'].includes(typeof value)
      ? [[`mcp-param-${name}`, headerValue(sourceOf(holder, last) ?? String(value))]]
      : [];
  });
  return Object.fromEntries(entries);
}

/**
 * Returns the text as a header value. It is encoded in base64 if a header cannot carry it, or if it looks encoded
 * already.
 */
export function headerValue(text: string): string {
  const plain = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);
  return plain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}
