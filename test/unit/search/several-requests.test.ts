import { expect, test } from 'vitest';
import { Catalog } from '../../../src/search/catalog.ts';
import { requestsIn } from '../../../src/search/request.ts';

test.each([
  ['create a github issue and then post the link to slack', ['create a github issue', 'post the link to slack']],
  ['get the weather in Paris and send a slack message', ['get the weather in Paris', 'send a slack message']],
  ['open a pull request; merge it into main', ['open a pull request', 'merge it into main']],
  [
    'create a note called "buy milk. Then send the mail to Bob" and email it to Bob',
    ['create a note called "buy milk. Then send the mail to Bob"', 'email it to Bob'],
  ],
])('several requests: %s [search.several-requests]', (message, requests) => {
  expect(requestsIn(message)).toEqual(requests);
});

test.each([
  ['search and replace text'],
  ['find and delete duplicates'],
  ['list issues and pull requests'],
  ['list users, groups and roles'],
  ['read the file and summarize it'],
  ['who edited the Privacy Policy? on the wiki'],
  ['fetch the exchange rates. I want to estimate my budget'],
  [''],
])('one request: %s [search.several-requests]', (message) => {
  expect(requestsIn(message)).toEqual([]);
});

test('the best tool of each request is among the first five, and the first place stays [search.several-requests]', async () => {
  const catalog = new Catalog();
  const tool = (name: string) => ({ name, inputSchema: {} });
  const issues = ['create', 'update', 'close', 'list', 'label', 'assign', 'comment'].map((verb) =>
    tool(`${verb}_github_issue`),
  );
  catalog.setServer({ key: 'code', tags: [] }, issues);
  catalog.setServer({ key: 'chat', tags: [] }, [tool('post_text'), tool('leave_channel')]);
  await catalog.indexed();
  const ids = (query: string, limit = 5) =>
    catalog.search(query, { limit, visible: () => true }).hits.map(({ entry }) => entry.id);
  const both = ids('create a github issue for the github issue of github and then post the text');
  expect(both[0]).toBe('code::create_github_issue');
  expect(both).toContain('chat::post_text');
  const { hits } = catalog.search('create a github issue and then post the text', { limit: 10, visible: () => true });
  expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
  expect(ids('create a github issue and then post the text', 1)).toHaveLength(1);
});
