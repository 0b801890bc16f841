import { expect, test } from 'vitest';
import type { CallPolicy, CallTool } from '../../../src/core/call.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { buildCallPipeline, guardsInOrder } from '../../../src/gateway/call-pipeline.ts';
import { observeCalls } from '../../../src/observe/observe-calls.ts';
import { RequestLog } from '../../../src/observe/request-log.ts';
import { createLogger } from '../../../src/platform/log.ts';
import { callOf, contextOf, failing, giving, OK } from '../../helpers/gateway/observed-calls.ts';

/** A pipeline whose layers write down a call on its way in, and on its way out what has been done to it below. */
function recordedPipeline(send: CallTool) {
  const lines: string[] = [];
  const recording =
    (name: string): CallPolicy =>
    (next) =>
    async (call, context) => {
      lines.push(name);
      try {
        const result = await next(call, context);
        lines.push(`${name}: ${result._meta === undefined ? 'bare' : 'mended'}`);
        return result;
      } catch (error) {
        lines.push(`${name}: failed`);
        throw error;
      }
    };
  const log = createLogger((line) => lines.push(JSON.parse(line).message));
  const edge = { observe: recording('observe'), limit: recording('limit') };
  const guards = {
    stats: { policy: recording('stats') },
    trust: { policy: recording('trust') },
    permissions: { policy: recording('permissions') },
  };
  const call = buildCallPipeline({ edge, guards: guardsInOrder(guards), log }, send);
  return { lines, call };
}

const INWARD = ['observe', 'limit', 'stats', 'trust', 'permissions'];
const OUTWARD = INWARD.toReversed();

test('a call passes the layers in one order, and its result in the other [calls.layers]', async () => {
  const { lines, call } = recordedPipeline(giving(OK));
  await call(callOf('s', 't', {}, { mended: ['a: 1'] }), contextOf());
  // That arguments were mended is told below all others: each of them sees the result that the client gets.
  expect(lines).toEqual([...INWARD, ...OUTWARD.map((name) => `${name}: mended`)]);
});

test('a defect is logged after the guards have seen it, and before the edge has [calls.layers]', async () => {
  const { lines, call } = recordedPipeline(failing(new Error('a defect')));
  await expect(call(callOf('s', 't'), contextOf())).rejects.toThrow('a defect');
  expect(lines).toEqual([
    ...INWARD,
    'permissions: failed',
    'trust: failed',
    'stats: failed',
    'call failed inside the gateway',
    'limit: failed',
    'observe: failed',
  ]);
});

test('a call that the limit of the edge refuses is in the request log, and reaches no guard [calls.layers]', async () => {
  const requests = new RequestLog({ retentionMs: 1e9, maxRecords: 10, keepArguments: false });
  const limit: CallPolicy = () => failing(new GatewayError('RATE_LIMITED', 'too many'));
  const reached: string[] = [];
  const counting: CallPolicy = (next) => (call, context) => {
    reached.push(call.tool.id);
    return next(call, context);
  };
  const guards = { stats: { policy: counting }, trust: {}, permissions: {} };
  const edge = { observe: observeCalls({ requests }).policy, limit };
  const call = buildCallPipeline({ edge, guards: guardsInOrder(guards), log: createLogger(() => {}) }, giving(OK));
  await expect(call(callOf('s', 't'), contextOf())).rejects.toThrow('too many');
  expect(requests.query({ limit: 2 }).records).toMatchObject([{ tool: 's::t', outcome: 'RATE_LIMITED' }]);
  expect(reached).toEqual([]);
});
