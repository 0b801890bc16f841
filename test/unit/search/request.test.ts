import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Catalog } from '../../../src/search/catalog.ts';
import { requestOf } from '../../../src/search/request.ts';

test.each([
  ['Create a team called QA with a description', 'create', ['team']],
  ['Could you please list the open issues of the project', 'list', ['open', 'issues']],
  ['get a list of incident priorities', 'get', ['incident', 'priorities']],
  ['I am planning a trip. Can you find the exchange rate for next week?', 'find', ['exchange', 'rate']],
  ['PagerDuty: resolve incidents', 'resolve', ['incidents']],
  ['Delete the pod [Kubernetes]', 'delete', ['pod']],
  ['list', 'list', []],
])('%s: the verb is %s, its object %j [search.request]', (query, verb, object) => {
  expect(requestOf(query)).toMatchObject({ verb, object: new Set(object) });
});

test.each([
  ['what is the temperature of the office', ['get'], ['temperature']],
  ['who is on call', ['get', 'list'], ['call']],
  ['how many users are there', ['get', 'calculate', 'list'], ['many', 'users']],
  ['how much would 5 euros be in dollars', ['get', 'calculate', 'convert'], ['much', '5', 'euros', 'be']],
])('%s asks to read [search.request]', (query, actions, object) => {
  const request = requestOf(query);
  expect(request.verb).toBeUndefined();
  expect([...request.actions]).toEqual(actions);
  for (const word of request.object) expect(object).toContain(word);
});

test('a clause without a verb, or nothing at all, has no verb and no actions [search.request]', () => {
  expect(requestOf('the weather')).toEqual({
    verb: undefined,
    actions: new Set(),
    object: new Set(['weather']),
    clause: new Set(['the', 'weather']),
  });
  for (const query of ['', '...', '[[[', '日本語の文書']) expect(requestOf(query).actions.size).toBe(0);
});

test('any text is read, in words of the text [search.request]', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (query) => {
      const { verb, object, clause } = requestOf(query);
      for (const word of [...object, ...(verb === undefined ? [] : [verb])]) expect(clause).toContain(word);
    }),
  );
});

test('the object of the verb decides between tools that share the other words [search.request]', async () => {
  const catalog = new Catalog();
  const tools = ['create_policy', 'create_service'].map((name) => {
    return { name, description: `${name.replaceAll('_', ' ')}.`, inputSchema: { type: 'object' as const } };
  });
  catalog.setServer({ key: 'ops', tags: [] }, tools);
  await catalog.indexed();
  const first = (query: string) => catalog.search(query, { limit: 1, visible: () => true }).hits[0]?.entry.id;
  expect(first('Create a service with the policy')).toBe('ops::create_service');
  expect(first('Create a policy for the service')).toBe('ops::create_policy');
});
