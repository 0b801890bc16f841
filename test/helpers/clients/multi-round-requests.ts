import { expect } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { type Gateway, launchGateway } from '../gateway/gateway.ts';
import { local, type UpstreamOptions } from '../servers/fixture.ts';
import { waitUntil } from '../system/processes.ts';
import { ModernClient } from './modern-client.ts';
import type { Message } from './raw-peer.ts';
import { textOf } from './results.ts';

/** A question to the user; the fixture's `ask` puts it. */
export const elicit = (message: string) => ({
  method: 'elicitation/create',
  params: { mode: 'form', message, requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } },
});
/** A question to the model of the client. */
export const sample = (text: string) => ({
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens: 10 },
});
/** The answer of a user who gives that name. */
export const accepted = (name: string) => ({ action: 'accept', content: { name } });

/** A gateway with one 2025-era server `u`, driven by a client that writes 2026-07-28 by hand. */
export async function modernGateway(
  options: UpstreamOptions = {},
): Promise<{ gateway: Gateway; peer: ModernClient; ask: Ask }> {
  const gateway = launchGateway({ config: { u: local(options) } });
  const peer = new ModernClient(gateway.process.peer);
  const known = async () => !(await peer.callTool('describe', { id: 'u::ask' })).result?.isError;
  await waitUntil(known);
  const ask: Ask = (args, more) => peer.callTool('invoke', { id: 'u::ask', args }, more);
  return { gateway, peer, ask };
}

/** Calls the fixture's `ask`; `more` are further params of the request. */
export type Ask = (args: JsonObject, more?: JsonObject) => Promise<Message>;

/** A result that asks. */
export interface InputRequired extends JsonObject {
  readonly requestState: string;
  readonly inputRequests: Record<string, { method: string; params: JsonObject }>;
}

/** The answer to a request, which must be a result that asks. */
export function inputRequired({ result, error }: Message): InputRequired {
  expect(error).toBeUndefined();
  expect(result).toMatchObject({ resultType: 'input_required', requestState: expect.any(String) });
  return result as InputRequired;
}

/** What brings the answers, by the message of each question. */
export function answering(
  { requestState, inputRequests }: InputRequired,
  answer: (message: string) => JsonObject,
): JsonObject {
  const inputResponses = Object.fromEntries(
    Object.entries(inputRequests).map(([key, { params }]) => [key, answer(String(params.message))]),
  );
  return { requestState, inputResponses };
}

/** What `ask` says it was answered. */
export const answersIn = ({ result }: Message) => JSON.parse(textOf(result as JsonObject)) as JsonObject[];
