import { expect, test } from 'vitest';
import { Abort } from '../../../../src/core/abort.ts';
import type { Caller } from '../../../../src/core/call.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { ClientSession } from '../../../../src/downstream/protocol/client-session.ts';
import { readMessage } from '../../../../src/downstream/protocol/json-rpc.ts';
import { ResourceSubscriptions } from '../../../../src/downstream/sharing/resource-subscriptions.ts';
import { createLogger } from '../../../../src/platform/log.ts';
import { Primitives } from '../../../../src/upstream/resources/primitives.ts';
import { rawServer } from '../../../helpers/servers/primitives-servers.ts';
import { SdkServers } from '../../../helpers/servers/primitives-source.ts';
import { waitUntil } from '../../../helpers/system/processes.ts';

const URI = 'doc://readme';
const UPDATED = 'notifications/resources/updated';

/** Subscriptions at a server that answers, over connections that all sessions share; `hidden`: ids of callers that may not know of it. */
async function shared(hidden: readonly string[] = [], onSubscribe = () => {}) {
  const server = rawServer(
    {
      'resources/list': () => ({ resources: [{ uri: URI, name: 'readme' }] }),
      'resources/subscribe': () => {
        onSubscribe();
        return {};
      },
      'resources/unsubscribe': () => ({}),
    },
    { resources: { subscribe: true } },
  );
  const servers = await new SdkServers().connect('a', server);
  const primitives = new Primitives(servers, ({ id }) => !hidden.includes(id));
  const subscriptions = new ResourceSubscriptions({
    shared: primitives,
    primitivesOf: () => primitives,
    isApart: () => false,
    log: createLogger(() => {}),
  });
  const asked = () =>
    servers.received.flatMap(({ method }, at) =>
      /scribe$/.test(method) ? [[servers.callers[at]?.id, method.replace('resources/', '')]] : [],
    );
  return { subscriptions, asked };
}

/** A session of that caller whose requests to listen subscribe, and the updates that have come to it. */
function sessionOf(id: string, subscriptions: ResourceSubscriptions) {
  const caller: Caller = { id, roles: [] };
  const told: unknown[] = [];
  const session: ClientSession = new ClientSession({
    onLogLevel: async () => {},
    onRootsChanged: () => {},
    onListen: (uris, signal) => subscriptions.listen({ session, caller }, uris, { caller, signal, peer: session }),
  });
  session.sendThrough({
    request: async () => ({ result: {} }),
    notify: (_method, params: JsonObject) => told.push(params.uri),
  });
  const listen = (request: number) =>
    session.learn(
      readMessage({
        id: request,
        method: 'subscriptions/listen',
        params: { notifications: { resourceSubscriptions: [URI] } },
      }),
    );
  return { caller, session, told, listen };
}

test('a server is subscribed to and unsubscribed from by the caller that listened [subscriptions.caller, subscriptions.cancelled]', async () => {
  const { subscriptions, asked } = await shared();
  const [ada, ben] = [sessionOf('ada', subscriptions), sessionOf('ben', subscriptions)];
  ada.listen(1);
  await waitUntil(() => asked().length === 1);
  ben.listen(1);
  await waitUntil(() => asked().length === 2);
  subscriptions.tell(UPDATED, () => ({ uri: URI }));
  await waitUntil(() => ada.told.length + ben.told.length === 2);
  ada.session.learn(readMessage({ method: 'notifications/cancelled', params: { requestId: 1 } }));
  subscriptions.tell(UPDATED, ({ id }) => ({ uri: URI, id }));
  expect([ada.told, ben.told]).toEqual([[URI], [URI, URI]]);
  ben.session.end();
  await waitUntil(() => asked().length === 3);
  expect(asked()).toEqual([
    ['ada', 'subscribe'],
    ['ben', 'subscribe'],
    ['ben', 'unsubscribe'],
  ]);
});

test('a session that subscribes and leaves while the server answers is unsubscribed [subscriptions.cancelled]', async () => {
  const signal = new Abort();
  const { subscriptions, asked } = await shared([], () => signal.abort('the client has gone'));
  const { session, caller } = sessionOf('ada', subscriptions);
  await subscriptions.handle({ session, caller }, 'resources/subscribe', { uri: URI }, { caller, signal });
  await waitUntil(() => asked().length === 2);
  expect(asked().at(-1)).toEqual(['ada', 'unsubscribe']);
});

test('a caller that may not know of a server is not subscribed to it [subscriptions.caller]', async () => {
  const { subscriptions, asked } = await shared(['ben']);
  const subscribe = ({ session, caller }: ReturnType<typeof sessionOf>) =>
    subscriptions.handle(
      { session, caller },
      'resources/subscribe',
      { uri: URI },
      { caller, signal: new AbortController().signal },
    );
  expect(await subscribe(sessionOf('ben', subscriptions))).toMatchObject({ error: { code: -32_002 } });
  expect(await subscribe(sessionOf('ada', subscriptions))).toMatchObject({ result: {} });
  expect(asked()).toEqual([['ada', 'subscribe']]);
});
