import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import {
  accepted,
  answering,
  answersIn,
  elicit,
  inputRequired,
  modernGateway,
} from '../helpers/clients/multi-round-requests.ts';
import { textOf } from '../helpers/clients/results.ts';
import { journal } from '../helpers/servers/fixture.ts';
import { waitUntil } from '../helpers/system/processes.ts';

test('a question of an older server is an input_required result, its answer comes with the state [eras.parked]', async () => {
  const { ask } = await modernGateway();
  const args = { rounds: [{ q: elicit('who?') }, { q: elicit('and you?') }] };
  const first = inputRequired(await ask(args));
  expect(Object.values(first.inputRequests)).toEqual([elicit('who?')]);
  const second = inputRequired(
    await ask(
      args,
      answering(first, () => accepted('Ada')),
    ),
  );
  expect(Object.values(second.inputRequests)).toEqual([elicit('and you?')]);
  const last = await ask(
    args,
    answering(second, () => accepted('Bob')),
  );
  expect(last.result?.resultType).toBe('complete');
  expect(answersIn(last)).toEqual([{ q: accepted('Ada') }, { q: accepted('Bob') }]);
});

test('the call is made once, however many rounds it takes [eras.parked]', async () => {
  const { file, events } = journal();
  const { ask } = await modernGateway({ journal: file });
  const args = { rounds: [{ q: elicit('1') }, { q: elicit('2') }] };
  const first = inputRequired(await ask(args));
  const second = inputRequired(await ask(args, answering(first, accepted)));
  await ask(args, answering(second, accepted));
  expect(events('call').filter(({ tool }) => tool === 'ask')).toHaveLength(1);
});

test('what is not answered is asked again [eras.parked]', async () => {
  const { ask } = await modernGateway();
  const args = { rounds: [{ a: elicit('a?'), b: elicit('b?') }] };
  let both = inputRequired(await ask(args));
  // Questions of one moment mostly come together; on a busy machine the second may come a round later.
  while (Object.keys(both.inputRequests).length < 2) {
    both = inputRequired(await ask(args, { requestState: both.requestState, inputResponses: {} }));
  }
  const [key = ''] = Object.keys(both.inputRequests);
  const name = String(both.inputRequests[key]?.params.message);
  const rest = inputRequired(
    await ask(args, { requestState: both.requestState, inputResponses: { [key]: accepted(name) } }),
  );
  expect(Object.keys(rest.inputRequests)).toHaveLength(1);
  const last = await ask(args, answering(rest, accepted));
  expect(answersIn(last)).toEqual([{ a: accepted('a?'), b: accepted('b?') }]);
});

test('answers to parallel calls, in any order, reach the call that asked [eras.parallel]', async () => {
  const { ask } = await modernGateway();
  const names = ['one', 'two', 'three', 'four'];
  const calls = names.map((name) => ({ rounds: [{ q: elicit(name) }, { q: elicit(`${name} again`) }] }));
  const answers = calls.map(async (args) => {
    let message = await ask(args);
    while (message.result?.resultType === 'input_required')
      message = await ask(args, answering(inputRequired(message), accepted));
    return answersIn(message);
  });
  const expected = names.map((name) => [{ q: accepted(name) }, { q: accepted(`${name} again`) }]);
  expect(await Promise.all(answers)).toEqual(expected);
});

test('a question of one of several calls is asked once, and every call gets its own answer [eras.parallel, channels.right-call]', async () => {
  const { peer } = await modernGateway();
  const calls = [
    { id: 'u::ask', args: { rounds: [{ q: elicit('early') }], firstMs: 200 } },
    { id: 'u::sleep', args: { ms: 600 } },
  ];
  const asked: string[] = [];
  const note = (name: string) => {
    asked.push(name);
    return accepted(name);
  };
  const answers = calls.map(async (call) => {
    let message = await peer.callTool('invoke', call);
    while (message.result?.resultType === 'input_required')
      message = await peer.callTool('invoke', call, answering(inputRequired(message), note));
    return textOf(message.result as JsonObject);
  });
  expect(await Promise.all(answers)).toEqual([JSON.stringify([{ q: accepted('early') }]), 'slept 600']);
  expect(asked).toEqual(['early']);
});

test('a state that was forged, used up or never ours is refused [eras.state]', async () => {
  const { ask } = await modernGateway();
  const args = { rounds: [{ q: elicit('who?') }] };
  const first = inputRequired(await ask(args));
  const forged = await ask(args, { requestState: `${first.requestState.slice(0, -4)}beef`, inputResponses: {} });
  expect(forged.error).toMatchObject({ code: -32_602, message: expect.stringMatching(/requestState/) });
  const answer = answering(first, accepted);
  await ask(args, answer);
  const again = await ask(args, answer);
  expect(again.error).toMatchObject({ code: -32_602 });
});

test('a state of one request is no state of another [eras.state]', async () => {
  const { peer, ask } = await modernGateway();
  const first = inputRequired(await ask({ rounds: [{ q: elicit('who?') }] }));
  const other = await peer.callTool(
    'search',
    { query: 'add' },
    { requestState: first.requestState, inputResponses: {} },
  );
  expect(other.error).toMatchObject({ code: -32_602 });
});

test('the parked call is cancelled when the request that took it up is [eras.cancel]', async () => {
  const { file, events } = journal();
  const { peer, ask } = await modernGateway({ journal: file });
  const args = { rounds: [{ q: elicit('who?') }], thenMs: 60_000 };
  const first = inputRequired(await ask(args));
  const more = answering(first, accepted);
  const retry = peer.start('tools/call', { name: 'invoke', arguments: { id: 'u::ask', args }, ...more });
  // A cancelled request is never answered.
  retry.response.catch(() => {});
  await waitUntil(() => events('answers').length === 1);
  peer.cancel(retry.id);
  await waitUntil(() => events('cancelled').length === 1);
  expect((await ask(args, more)).error).toMatchObject({ code: -32_602 });
});

test('the end of the client ends a parked call [eras.cancel]', async () => {
  const { gateway, ask } = await modernGateway();
  inputRequired(await ask({ rounds: [{ q: elicit('who?') }] }));
  expect(await gateway.stop('eof')).toMatchObject({ code: 0 });
});

test('a question taken back while it is parked is not asked again [channels.taken-back]', async () => {
  const { file, events } = journal();
  const { peer } = await modernGateway({ sdk: 'raw', journal: file });
  const args = { rounds: [{ q: elicit('who?') }], takeBackMs: 300 };
  const first = inputRequired(await peer.callTool('invoke', { id: 'u::ask', args }));
  await waitUntil(() => events('answers').length === 1);
  const last = await peer.callTool(
    'invoke',
    { id: 'u::ask', args },
    { requestState: first.requestState, inputResponses: {} },
  );
  expect(answersIn(last)).toEqual([{ q: { error: expect.objectContaining({ message: 'taken back' }) } }]);
});
