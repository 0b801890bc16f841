import { expect, test } from 'vitest';
import { fieldRows } from '../../../src/cli/terminal/description-text.ts';
import { parseJson } from '../../../src/core/exact-json.ts';
import type { ToolDefinition } from '../../../src/core/tool.ts';
import { signature } from '../../../src/search/signature.ts';
import { REAL_TOOLS } from '../../helpers/servers/real-tools.ts';

const ofSchema = (inputSchema: unknown, maxChars?: number) =>
  signature({ name: 'x', inputSchema } as ToolDefinition, maxChars); // what upstreams send is not what types say
const ofType = (schema: unknown, rest: object = {}) =>
  ofSchema({ type: 'object', properties: { a: schema }, required: ['a'], ...rest }).slice('(a: '.length, -1);

test('real tools', () => {
  const lines = REAL_TOOLS.map((tool) => `${tool.name}${signature(tool)}`);
  expect(lines).toEqual([
    'read_text_file(path: string, tail?: number, head?: number)',
    'edit_file(path: string, edits: {oldText: string, newText: string}[], dryRun?: boolean = false)',
    'create_issue(owner: string, repo: string, title: string, body?: string, assignees?: string[], milestone?: number, labels?: string[])',
    'list_pull_requests(owner: string, repo: string, state?: "open"|"closed"|"all" = "open", sort?: "created"|"updated"|"popularity"|"long-running", direction?: "asc"|"desc", perPage?: number = 30, page?: number)',
    'search_nodes(query: string)',
    'read_graph()',
    'query_orders(filters: {customer: string, status?: string|null, min_total?: number}, limit?: integer|null, order?: "asc"|"desc" = "asc")',
    'kubectl_get(resourceType: string, name: string, namespace: string = "default", output?: "json"|"yaml"|"wide"|"name"|"custom" = "json", allNamespaces?: boolean = false, labelSelector?: string)',
    'browser_click(element: string, ref: string, doubleClick?: boolean, button?: "left"|"right"|"middle", modifiers?: ("Alt"|"Control"|"Meta"|"Shift")[])',
    'send_message(channel: string, text: string, thread_ts?: string|null, metadata?: {[key]: string}, kind?: "message")',
    'create_tree(root: {name: string, children?: Folder[]})',
    'fetch(url: string, max_length?: integer = 5000, raw?: boolean = false)',
  ]);
});

test.each([
  [{}, 'any'],
  [true, 'any'],
  [false, 'never'],
  [null, 'any'],
  [{ type: ['string', 'null'] }, 'string|null'],
  [{ type: 'string', nullable: true }, 'string|null'],
  [{ anyOf: [{ type: 'string' }, { type: 'integer' }, { type: 'string' }] }, 'string|integer'],
  [{ oneOf: [{ const: 'a' }, { const: 1 }, { const: null }] }, '"a"|1|null'],
  [{ type: 'array' }, 'any[]'],
  [{ type: 'array', items: { type: 'array', items: { type: 'number' } } }, 'number[][]'],
  [{ type: 'array', items: { type: ['string', 'number'] } }, '(string|number)[]'],
  [{ prefixItems: [{ type: 'string' }, { type: 'number' }] }, '[string, number]'],
  [{ type: 'object' }, 'object'],
  [{ properties: { b: { type: 'object', properties: { c: {} } } }, required: ['b'] }, '{b: object}'],
  [{ type: 'array', items: { anyOf: [{ $ref: '#/$defs/D' }, { type: 'null' }] } }, '({x?: boolean}|null)[]'],
  [{ $ref: '#/$defs/D' }, '{x?: boolean}'],
  [{ $ref: '#/$defs/Missing' }, 'any'],
  [{ $ref: 'https://example.com/schema.json' }, 'any'],
  [{ $ref: '#/$defs/__proto__/constructor' }, 'any'],
  [{ $ref: '#/$defs/Loop' }, 'Loop'],
  [
    { allOf: [{ $ref: '#/$defs/D' }, { properties: { y: { type: 'string' } }, required: ['y'] }] },
    '{y: string, x?: boolean}',
  ],
  [{ enum: [] }, 'never'],
  [{ enum: ['a', 1, null, true] }, '"a"|1|null|true'],
  [
    { enum: Array.from({ length: 9 }, (_, at) => `value-${at}`) },
    '"value-0"|"value-1"|"value-2"|"value-3"|"value-4"|"value-5"|…',
  ],
  [{ const: { deep: 1 } }, '{…}'],
  [{ type: 'evil"\n type' }, 'any'],
  [{ type: 5 }, 'any'],
  [{ type: 'string', default: 'x'.repeat(100) }, 'string'],
  [{ type: 'array', items: { type: 'string' }, default: [] }, 'string[] = []'],
  [{ type: 'integer', default: 0 }, 'integer = 0'],
])('type of %j', (schema, expected) => {
  const $defs = { D: { type: 'object', properties: { x: { type: 'boolean' } } }, Loop: { $ref: '#/$defs/Loop' } };
  expect(ofType(schema, { $defs })).toBe(expected);
});

test('names that are no words are quoted, required ones without a property are shown', () => {
  expect(ofSchema({ properties: { 'a b\n': { type: 'string' }, 'x-y': {}, größe: {} }, required: ['z', 5] })).toBe(
    '(z: any, "a b\\n"?: string, x-y?: any, größe?: any)',
  );
});

test('schemas whose root is no plain object', () => {
  expect(ofSchema({ $ref: '#/$defs/In', $defs: { In: { properties: { a: { type: 'string' } } } } })).toBe(
    '(a?: string)',
  );
  expect(ofSchema({ allOf: [{ properties: { a: {} } }, { properties: { b: {} }, required: ['b'] }] })).toBe(
    '(b: any, a?: any)',
  );
  expect(ofSchema({ oneOf: [{ properties: { a: {} } }, { properties: { b: {} } }] })).toBe('({a?: any}|{b?: any})');
  expect(ofSchema({ type: 'object', additionalProperties: { type: 'number' } })).toBe('({[key]: number})');
});

test.each([
  [{ type: 'object' }, '(any)'],
  [{}, '(any)'],
  [true, '(any)'],
  [{ type: 'object', properties: {}, additionalProperties: true }, '(any)'],
  [{ type: 'object', additionalProperties: {} }, '(any)'],
  [{ type: 'object', properties: {} }, '()'],
  [{ type: 'object', additionalProperties: false }, '()'],
  [{ type: 'object', maxProperties: 0 }, '()'],
  [{ type: 'null' }, '()'],
  [false, '()'],
])('without parameters, %j takes %s [search.any]', (schema, expected) => {
  expect(ofSchema(schema)).toBe(expected);
});

test.each([
  [{ properties: { content: {} } }, [], '()'],
  [{ properties: { result: { type: 'string' } } }, [], '()'],
  [{ properties: { content: {}, size: {} } }, [], '() → {content, size}'],
  [undefined, ['image'], '() → image'],
  [{ properties: { content: {} } }, ['image', 'resource'], '() → image, resource'],
  [{ properties: { lines: {} } }, ['audio'], '() → {lines}, audio'],
])('what comes back is shown if it says something: %j, %j [search.gives-back]', (outputSchema, contents, expected) => {
  const definition = { name: 'x', inputSchema: { properties: {} }, outputSchema } as unknown as ToolDefinition;
  expect(signature(definition, 300, { contents })).toBe(expected);
  expect(signature(definition, 4, { contents })).toBe('()');
});

test('long signatures lose nested properties first, then defaults, then the last parameters', () => {
  const nested = {
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`key${at}`, {}])),
  };
  const schema = {
    properties: {
      options: nested,
      count: { type: 'integer', default: 12345 },
      path: { type: 'string' },
    },
    required: ['path'],
  };
  expect(ofSchema(schema, 70)).toBe('(path: string, options?: object, count?: integer = 12345)');
  expect(ofSchema(schema, 50)).toBe('(path: string, options?: object, count?: integer)');
  expect(ofSchema(schema, 40)).toBe('(path: string, options?: object, …)');
  expect(ofSchema(schema, 5)).toBe('(…)');
});

test('anything at all gives a bounded signature', () => {
  const cyclic: { [key: string]: unknown } = { type: 'object' };
  cyclic.properties = { self: cyclic, list: { type: 'array', items: cyclic } };
  cyclic.anyOf = [cyclic, cyclic];
  let deep: unknown = { type: 'string' };
  for (let level = 0; level < 200; level++) {
    deep = level % 2 ? { type: 'array', items: deep } : { anyOf: [deep, deep, deep], properties: { deep } };
  }
  let arrays: unknown = {};
  for (let level = 0; level < 5000; level++) arrays = { type: 'array', items: arrays };
  const many = Object.fromEntries(
    Array.from({ length: 2000 }, (_, at) => [
      `parameter_${at}`,
      { type: 'string', description: 'x'.repeat(50), enum: ['a', 'b'] },
    ]),
  );
  const bush = (level: number): unknown =>
    level === 0
      ? { type: 'null' }
      : { oneOf: Array.from({ length: 8 }, () => ({ type: 'array', items: bush(level - 1) })) };
  const odd: unknown[] = [
    ...[null, undefined, 0, 1n, Number.NaN, '', 'x', [], [[]], true, false, Symbol('s'), () => 1, new Date()],
    ...[cyclic, deep, arrays, { properties: { a: deep, b: arrays, c: cyclic } }],
    ...[{ properties: many }, { properties: many, required: Object.keys(many) }, { properties: { a: bush(4) } }],
    ...[
      { properties: [] },
      { properties: 5, required: {} },
      { required: [null, {}, []] },
      { properties: { a: 5, b: [] } },
    ],
    ...[
      { type: {} },
      { type: [] },
      { type: [null, {}] },
      { enum: 5 },
      { anyOf: {} },
      { allOf: [null, 5] },
      { $ref: 5 },
    ],
    ...[{ $ref: '#' }, { $ref: '#/' }, { $ref: '#/properties/a', properties: { a: { $ref: '#' } } }, { $ref: '#/%zz' }],
    JSON.parse('{"properties": {"__proto__": {"type": "string"}, "constructor": {}}, "required": ["toString"]}'),
    { properties: { ['n'.repeat(100_000)]: { enum: ['v'.repeat(100_000)], default: 'd'.repeat(100_000) } } },
    { properties: { a: { const: 1n, default: Symbol('d') }, b: { enum: [undefined, () => 1, cyclic] } } },
  ];
  for (const schema of odd) {
    for (const maxChars of [300, 20]) {
      const rendered = ofSchema(schema, maxChars);
      expect(rendered).toMatch(/^\(.*\)$/su);
      expect(rendered.length).toBeLessThanOrEqual(maxChars);
    }
  }
});

test('numbers that no double holds are shown as they were written [numbers.words]', () => {
  const big = '9007199254740993';
  const schema = `{"type":"object","properties":{"a":{"enum":[${big},1]},"b":{"const":${big}},"c":{"type":"integer","default":${big}},"d":{"type":"array","items":{"enum":[18446744073709551615]}},"e":{"type":"number","default":0.1234567890123456789012345}}}`;
  expect(ofSchema(parseJson(schema))).toBe(
    `(a?: ${big}|1, b?: ${big}, c?: integer = ${big}, d?: 18446744073709551615[], e?: number)`,
  );
  expect(fieldRows(parseJson(schema)).map(({ type, about }) => `${type} ${about}`.trim())).toEqual([
    `${big}|1`,
    big,
    `integer (default ${big})`,
    '18446744073709551615[]',
    'number (default 0.1234567890123456789012345)',
  ]);
});

test('names and values that hide characters are shown with the codes of these [search.signature]', () => {
  const hidden = ['\u202e', '\u200b', '\u200d', '\ufe0f', '\u3164', '\u{e0041}', '\u0085', '\u2028', '\u2066'];
  for (const each of hidden) {
    const code = `\\u{${each.codePointAt(0)?.toString(16)}}`;
    const value = `a${each}b`;
    const shown = `"a${code}b"`;
    expect(ofType({ enum: [value, 'c'] })).toBe(`${shown}|"c"`);
    expect(ofType({ const: value })).toBe(shown);
    expect(ofSchema({ properties: { [value]: { type: 'string', default: value } } })).toBe(
      `(${shown}?: string = ${shown})`,
    );
    expect(ofType({ properties: { [value]: {} } })).toBe(`{${shown}?: any}`);
    expect(ofType({ $ref: `#/$defs/${value}` }, { $defs: { [value]: { $ref: `#/$defs/${value}` } } })).not.toContain(
      each,
    );
    const output = { properties: { [value]: {}, d: {} } };
    expect(signature({ name: 'x', inputSchema: {}, outputSchema: output } as ToolDefinition)).toBe(
      `(any) → {${shown}, d}`,
    );
  }
  expect(ofSchema({ properties: { größe: { enum: ['klein', '大'] } } })).toBe('(größe?: "klein"|"大")');
});
