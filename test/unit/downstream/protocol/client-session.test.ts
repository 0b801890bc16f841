import { expect, test } from 'vitest';
import { LOG_LEVELS } from '../../../../src/core/protocol.ts';
import { ClientSession } from '../../../../src/downstream/protocol/client-session.ts';
import { readMessage } from '../../../../src/downstream/protocol/json-rpc.ts';

function session() {
  const levels: string[] = [];
  const ignore = () => {};
  const events = {
    onRootsChanged: ignore,
    onListen: ignore,
    onLogLevel: async (level: string) => void levels.push(level),
  };
  return { session: new ClientSession(events), levels };
}

const setLevel = (level: unknown) => ({ jsonrpc: '2.0', id: 1, method: 'logging/setLevel', params: { level } });
const inMeta = (level: unknown) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/list',
  params: { _meta: { 'io.modelcontextprotocol/logLevel': level } },
});

test.each([setLevel, inMeta])(
  'a level that is none is not taken note of, whatever it is [channels.no-level]',
  (say) => {
    const { session: of, levels } = session();
    for (const level of [
      'loud',
      '',
      'DEBUG',
      'debug ',
      3,
      null,
      ['debug'],
      {},
      true,
      undefined,
      'toString',
      '__proto__',
    ])
      of.learn(readMessage(say(level)));
    expect([of.logLevel, levels]).toEqual([undefined, []]);
    for (const level of LOG_LEVELS) of.learn(readMessage(say(level)));
    expect([of.logLevel, levels]).toEqual(['emergency', [...LOG_LEVELS]]);
  },
);
