import { expect, test } from 'vitest';
import type { GatewayConfig } from '../../../../src/config/load.ts';
import { type CallContext, LOCAL, type ToolCall, type ToolResult } from '../../../../src/core/call.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { Peer } from '../../../../src/core/peer.ts';
import { Permissions } from '../../../../src/policy/permissions/permissions.ts';

const tool = { id: 'u::ask', server: 'u', tags: [], definition: { name: 'ask', inputSchema: {} } };
const ASKS = (requestState?: string): ToolResult => ({
  ...{ resultType: 'input_required', inputRequests: { q: {} } },
  ...(requestState !== undefined && { requestState }),
});

/** Calls of a tool that a person is asked about, and how often they were; they always say once. */
function asking() {
  let asked = 0;
  const peer: Peer = {
    isPassing: true,
    identity: { capabilities: { elicitation: {} } },
    takesInputRequired: true,
    request: async () => {
      asked++;
      return { result: { action: 'accept', content: { answer: 'once' } } };
    },
    notify: () => {},
  };
  const permissions = [{ action: 'ask' }];
  const guard = new Permissions({ config: () => ({ settings: { permissions } }) as unknown as GatewayConfig });
  const call = async (
    result: ToolResult,
    continuation?: JsonObject,
    { args = {}, caller = LOCAL }: { args?: JsonObject; caller?: CallContext['caller'] } = {},
  ) => {
    const before = asked;
    const one: ToolCall = { tool, args, startedAt: 0, timeoutMs: 1, protocol: { continuation } };
    const context = { caller, peer, signal: new AbortController().signal };
    await guard.admit(one, context);
    await guard.policy(async () => result)(one, context);
    return asked - before;
  };
  return { call };
}

const answers = (requestState?: string) => ({ inputResponses: { q: {} }, ...(requestState && { requestState }) });

test('the answers to what a server asked are brought without a question, once and with its state [consent.continuation]', async () => {
  const { call } = asking();
  expect(await call(ASKS('one'))).toBe(1);
  expect(await call(ASKS('two'), answers('one'))).toBe(0);
  expect(await call({ content: [] }, answers('two'))).toBe(0);
  expect(await call({ content: [] }, answers('two'))).toBe(1);
  expect(await call({ content: [] }, answers('one'))).toBe(1);
});

test('whatever else looks like a continuation is asked about [consent.continuation]', async () => {
  const { call } = asking();
  // The server asked nothing.
  expect(await call({ content: [] })).toBe(1);
  expect(await call({ content: [] }, answers())).toBe(1);
  expect(await call({ content: [] }, answers('made up'))).toBe(1);
  expect(await call(ASKS('state'))).toBe(1);
  const others = [
    [answers('another'), {}],
    [answers(), {}],
    [{ requestState: 'state' }, { args: { more: 1 } }],
    [answers('state'), { caller: { id: 'mallory', roles: [] } }],
    [{}, {}],
  ] as const;
  for (const [continuation, who] of others) expect(await call({ content: [] }, continuation, who)).toBe(1);
  expect(await call({ content: [] }, answers('state'))).toBe(0);
});

test('a server that gives no state is answered once as well [consent.continuation]', async () => {
  const { call } = asking();
  expect(await call(ASKS())).toBe(1);
  expect(await call({ content: [] }, answers())).toBe(0);
  expect(await call({ content: [] }, answers())).toBe(1);
});
