import { waitUntil } from '../system/processes.ts';
import type { Case } from './case.ts';
import { outcomeOf, type Way } from './probe.ts';

const ERRORS: Case[] = [
  ['with data', { code: -32050, message: 'the fixture refuses', data: { hint: ['none', { n: 1 }] } }],
  ['without data', { code: -32603, message: 'it broke' }],
  ['invalid params', { code: -32602, message: 'no such colour', data: 'colour' }],
].map(([name, error]) => ({
  name: `JSON-RPC error: ${name}`,
  run: (way: Way) => outcomeOf(way.call('refuse', { error })),
}));

const STEPS = [
  { progress: 0, total: 3, message: 'begin' },
  { progress: 1.5, total: 3 },
  { progress: 2, message: 'nearly ü🙂' },
  { progress: 3, total: 3, message: '' },
];

const PROGRESS: Case[] = [
  {
    name: 'progress: values, totals, messages, in order',
    run: (way) => outcomeOf(way.call('steps', { progress: STEPS }, { onProgress: () => {} })),
  },
  { name: 'progress: none without a token', run: (way) => outcomeOf(way.call('steps', { progress: STEPS })) },
  {
    name: 'progress: in one chunk with the result',
    run: (way) => outcomeOf(way.call('burst', { steps: 3 }, { onProgress: () => {} })),
  },
  {
    name: 'progress: parallel calls do not mix',
    parallel: true,
    run: async (way) => {
      const calls = ['a', 'b', 'c', 'd'].map((tag) => {
        const progress = [1, 2, 3, 4, 5].map((step) => ({ progress: step, message: tag }));
        return outcomeOf(way.call('steps', { progress }, { onProgress: () => {} }));
      });
      return Promise.all(calls);
    },
  },
];

/** Why the client cancels. */
export const CANCEL_REASON = 'changed my mind';

/** A cancelled call is seen by the server, and the caller's promise ends. */
const cancellation: Case = {
  name: 'cancellation: the server sees it',
  run: async (way) => {
    const before = { calls: way.events('call').length, cancelled: way.events('cancelled').length };
    const controller = new AbortController();
    const outcome = outcomeOf(way.call('sleep', { ms: 60_000 }, { signal: controller.signal }));
    await waitUntil(() => way.events('call').length > before.calls, { what: 'the call has arrived' });
    controller.abort(CANCEL_REASON);
    await waitUntil(() => way.events('cancelled').length > before.cancelled, { what: 'the cancellation has arrived' });
    return outcome;
  },
};

const logged = ({ session }: Way, from: number) =>
  session.received.slice(from).filter(({ method }) => method === 'notifications/message');

const logging = (level: string): Case => ({
  name: `log messages: from level ${level} on`,
  run: async (way) => {
    const from = way.session.received.length;
    await way.session.setLevel?.(level);
    const meta = way.session.setLevel ? {} : { meta: { 'io.modelcontextprotocol/logLevel': level } };
    const outcome = await outcomeOf(way.call('logs', {}, meta));
    await waitUntil(() => logged(way, from).some(({ params }) => params?.level === 'emergency'), {
      what: 'it is logged',
    });
    return outcome;
  },
});

/** Errors, progress, cancellation and log messages. */
export const CHANNEL_CASES: readonly Case[] = [
  ...[...ERRORS, ...PROGRESS, cancellation],
  ...[logging('warning'), logging('debug'), logging('emergency')],
];
