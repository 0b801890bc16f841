import { expect, test } from 'vitest';
import { startRestApi } from '../../../../helpers/gateway/rest-api.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

test('a body that is no JSON is 400 and says where it breaks [http.api-input]', async () => {
  const api = await startRestApi();
  const broken = { method: 'POST', body: '{"tool": "x",}', headers: JSON_TYPE };
  const document = await api.json('/tools/call', broken, 400);
  expect(document).toMatchObject({ code: 'INVALID_ARGUMENTS', detail: expect.stringMatching(/body: .*position 13/) });
  const empty = await api.json('/jobs', { method: 'POST', body: '', headers: JSON_TYPE }, 400);
  expect(empty.detail).toBe('body: expected JSON; found nothing');
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
  'a body of type %s is 415 [http.api-input]',
  async (type) => {
    const api = await startRestApi();
    const request = { method: 'POST', body: '{}', headers: { 'content-type': type } };
    const document = await api.json('/tools/call', request, 415);
    expect(document).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', detail: expect.stringContaining(`"${type}"`) });
  },
);

test('each wrong field is named with its place [http.api-input]', async () => {
  const api = await startRestApi();
  const body = { tol: 'x', arguments: [], timeoutMs: -1, priority: '1' };
  const document = await api.json('/jobs', { json: body }, 400);
  const errors = document.errors as { pointer: string; detail: string }[];
  expect(Object.fromEntries(errors.map(({ pointer, detail }) => [pointer, detail]))).toEqual({
    '#/tool': 'expected a text',
    '#/tol': 'unknown key "tol", did you mean "tool"?',
    '#/arguments': 'expected an object',
    '#/timeoutMs': expect.stringMatching(/^expected milliseconds/),
    '#/priority': 'expected a number',
  });
});

test.each([
  ['null', 'null'],
  ['[]', 'an empty array'],
  ['[{}]', 'an array'],
  ['5', '5'],
  ['"tool"', '"tool"'],
])('a body of %s is told as any other mistake [http.api-input]', async (body, found) => {
  const api = await startRestApi();
  for (const path of ['/jobs', '/tools/call']) {
    const document = await api.json(path, { method: 'POST', body, headers: JSON_TYPE }, 400);
    const detail = `expected an object; found ${found}`;
    expect(document).toMatchObject({ detail: `body: ${detail}`, errors: [{ pointer: '#', detail }] });
  }
});

test.each([
  ['/tools?limit=0', 'limit'],
  ['/tools?limit=ten', 'limit'],
  ['/tools?tags=x', 'tags'],
  ['/tools?q=a&q=b', 'q'],
  ['/tools?cursor=nowhere', 'cursor'],
  ['/tools?q=a&cursor=b', 'cursor'],
  ['/requests?since=yesterday', 'since'],
  ['/requests?until=2026-13-01', 'until'],
  ['/jobs/x?waitMs=50001', 'waitMs'],
  ['/servers?x=1', 'x'],
])('GET %s is 400 and names the parameter %s [http.api-input]', async (path, parameter) => {
  const api = await startRestApi();
  const document = await api.json(path, {}, 400);
  expect(document).toMatchObject({ code: 'INVALID_ARGUMENTS', errors: [{ parameter, detail: expect.any(String) }] });
});

test('nothing there is 404, another method 405 with those that are possible [http.api-input]', async () => {
  const api = await startRestApi();
  const nowhere = await api.request('/nowhere');
  expect(nowhere.status).toBe(404);
  const instance = nowhere.headers.get('x-request-id');
  expect(await nowhere.json()).toMatchObject({ code: 'NOT_FOUND', instance });
  const response = await api.request('/jobs/x', { method: 'PUT' });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'HEAD']);
  expect(await response.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED', status: 405 });
});

test('no answer may be kept by a cache [http.api-no-store]', async () => {
  const api = await startRestApi();
  for (const path of ['/servers', '/nowhere', '/jobs/x']) {
    expect((await api.request(path)).headers.get('cache-control'), path).toBe('no-store');
  }
});
