import { Validator } from '@cfworker/json-schema';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../../src/core/json.ts';
import { createApi } from '../../../../../src/downstream/http/api/create-api.ts';
import type { EdgeParts } from '../../../../../src/downstream/http/request/edge-parts.ts';
import { PROBLEMS } from '../../../../../src/downstream/http/request/problem.ts';
import { createLogger } from '../../../../../src/platform/log.ts';
import { VERSION } from '../../../../../src/version.ts';
import { documented, type OpenApi, type Operation, openApiOf } from '../../../../helpers/clients/open-api.ts';
import { callers, startRestApi } from '../../../../helpers/gateway/rest-api.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

function operations(document: OpenApi): { at: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ at: `${method.toUpperCase()} ${path}`, path, operation })),
  );
}

/** Every value under a key, anywhere in a document. */
function valuesOf(key: string, within: unknown): unknown[] {
  if (typeof within !== 'object' || within === null) return [];
  return Object.entries(within).flatMap(([name, value]) => [...(name === key ? [value] : []), ...valuesOf(key, value)]);
}

test('every route is documented, and every documented one is a route [http.api-openapi]', async () => {
  // Routes are declared before any of the parts is asked for anything.
  const { routes } = createApi({ log: createLogger(() => {}) } as EdgeParts);
  const routed = routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  expect(routed.length).toBeGreaterThan(10);
  expect(
    operations(await openApiOf(await startRestApi()))
      .map(({ at }) => at)
      .sort(),
  ).toEqual(routed.sort());
});

test('the document has the parts that OpenAPI 3.1 asks for [http.api-openapi]', async () => {
  const document = await openApiOf(await startRestApi());
  expect(document.openapi).toMatch(/^3\.1\.\d$/);
  expect(document.info).toMatchObject({ title: 'mcp-gateway', version: VERSION });
  const tags = document.tags.map(({ name }) => name);
  for (const { at, path, operation } of operations(document)) {
    expect(METHODS, at).toContain(at.split(' ')[0]?.toLowerCase());
    expect(tags, at).toEqual(expect.arrayContaining([...operation.tags]));
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    expect(
      inPath.map(({ name }) => `{${name}}`),
      at,
    ).toEqual(path.match(/\{\w+\}/g) ?? []);
    expect(
      inPath.every(({ required }) => required),
      at,
    ).toBe(true);
    for (const [status, response] of Object.entries(operation.responses)) {
      expect(status, at).toMatch(/^[1-5]\d\d$/);
      expect(response.description.length, `${at} ${status}`).toBeGreaterThan(0);
    }
  }
  const ids = operations(document).map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('every reference leads somewhere, and every security scheme is declared [http.api-openapi]', async () => {
  const document = await openApiOf(await startRestApi());
  const references = valuesOf('$ref', document) as string[];
  expect(references.length).toBeGreaterThan(10);
  for (const reference of references) {
    const steps = reference.split('/').slice(1);
    const target = steps.reduce<unknown>((at, step) => (at as JsonObject | undefined)?.[step], document);
    expect(target, reference).toBeTypeOf('object');
  }
  const { securitySchemes } = document.components;
  expect(securitySchemes).toMatchObject({
    bearer: { type: 'http', scheme: 'bearer' },
    apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  });
  expect(document.security, 'none is needed without auth').toEqual([]);
  const secured = await startRestApi({}, callers({ alice: [] }));
  const { security } = await openApiOf(secured, 'alice');
  expect(security.flatMap(Object.keys)).toEqual(Object.keys(securitySchemes));
});

test('every failure is a problem document, every code at its status [http.api-openapi, http.api-problems]', async () => {
  const document = await openApiOf(await startRestApi());
  for (const { at, operation } of operations(document)) {
    const failures = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
    const problems = failures.filter(([, { content }]) => content && 'application/problem+json' in content);
    // Health says 503 in its own words.
    expect(problems.length, at).toBe(at === 'GET /health' ? failures.length - 1 : failures.length);
    for (const [status, { description }] of problems) {
      const codes = [...description.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code as keyof typeof PROBLEMS);
      expect(
        codes.every((code) => String(PROBLEMS[code].status) === status),
        `${at} ${status}`,
      ).toBe(true);
    }
  }
});

test('every example fits its schema [http.api-openapi]', async () => {
  const document = await openApiOf(await startRestApi());
  const media = valuesOf('content', document.paths).flatMap((content) => Object.values(content as JsonObject));
  const shown = (
    media as { schema: object; example?: unknown; examples?: Record<string, { value: unknown }> }[]
  ).flatMap(({ schema, example, examples = {} }) =>
    [example, ...Object.values(examples).map(({ value }) => value)].map((value) => ({ schema, value })),
  );
  const given = shown.filter(({ value }) => value !== undefined);
  expect(given.length).toBeGreaterThan(20);
  for (const { schema, value } of given) {
    const { valid, errors } = new Validator(
      { ...schema, components: document.components } as object,
      '2020-12',
    ).validate(value);
    expect(valid, `${JSON.stringify(value)}: ${JSON.stringify(errors)}`).toBe(true);
  }
});

test('the document refuses what the gateway refuses [http.api-openapi, http.api-input]', async () => {
  const api = await startRestApi();
  const document = await openApiOf(api);
  const { schema } = document.paths['/jobs']?.post?.requestBody?.content['application/json'] ?? {};
  const validator = new Validator({ ...schema, components: document.components } as object, '2020-12');
  const bodies = [{}, { tool: '' }, { tool: 'x', more: 1 }, { tool: 'x', arguments: [] }, { tool: 'x', timeoutMs: 0 }];
  for (const body of bodies) {
    expect(validator.validate(body).valid, JSON.stringify(body)).toBe(false);
    await api.json('/jobs', { json: body }, 400);
  }
  const right = { tool: 'x', server: 'u', arguments: { a: 1 }, priority: 1, timeoutMs: 5 };
  expect(validator.validate(right).valid).toBe(true);
  // Past the schemas: the tool is what is unknown.
  await api.json('/jobs', { json: right }, 404);
});

test('what is answered fits what is documented [http.api-openapi]', async () => {
  const api = await startRestApi();
  for (const path of ['/servers', '/tools', '/requests', '/metrics']) {
    await documented(api, 'get', path, await api.request(path));
  }
  await documented(api, 'get', '/health', await api.request('/health'));
  await documented(api, 'get', '/servers/{id}', await api.request('/servers/x'));
  await documented(api, 'get', '/tools', await api.request('/tools?limit=0'));
});
