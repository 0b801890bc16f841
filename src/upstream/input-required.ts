import type { Signal } from '../core/abort.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Peer } from '../core/peer.ts';
import { type Answer, INTERNAL_ERROR, type RpcError } from '../core/rpc.ts';

/** Rounds of questions that one request may take; the SDK gives up at 10. */
const MAX_ROUNDS = 32;

/**
 * Carries a request of the 2026 era through its rounds of questions for a client of an older era: each `input_required`
 * result is put to the client as requests of its own era, and the request is sent again with the answers.
 */
export async function answerInputs(
  send: (continuation: JsonObject) => Promise<Answer>,
  first: Answer,
  peer: Peer | undefined,
  signal: Signal,
): Promise<Answer> {
  let answer = first;
  for (let round = 0; isInputRequired(answer); round++) {
    if (peer?.takesInputRequired) return answer;
    if (round === MAX_ROUNDS) return failure(`the server asked for input more than ${MAX_ROUNDS} times`);
    const { inputRequests, requestState } = answer.result;
    const responses = await askAll(isJsonObject(inputRequests) ? inputRequests : {}, peer, signal);
    if ('error' in responses) return responses;
    answer = await send({
      ...(Object.keys(responses.result).length > 0 && { inputResponses: responses.result }),
      ...(requestState !== undefined && { requestState }),
    });
  }
  return answer;
}

function isInputRequired(answer: Answer): answer is { result: JsonObject } {
  return 'result' in answer && answer.result.resultType === 'input_required';
}

/** The client's answers under the keys of the questions, or the first error. All questions are put at once. */
async function askAll(inputRequests: JsonObject, peer: Peer | undefined, signal: Signal): Promise<Answer> {
  const asked = Object.entries(inputRequests).map(async ([key, request]) => {
    const { method, params } = isJsonObject(request) ? request : ({} as JsonObject);
    if (typeof method !== 'string') return [key, failure(`input request "${key}" names no method`)] as const;
    if (!peer) return [key, failure(`there is no client to ask for ${method}`)] as const;
    return [key, await peer.request(method, isJsonObject(params) ? params : {}, { signal })] as const;
  });
  const answers = await Promise.all(asked);
  const refused = answers.find(([, answer]) => 'error' in answer)?.[1];
  if (refused && 'error' in refused) return refused;
  return { result: Object.fromEntries(answers.map(([key, answer]) => [key, 'result' in answer && answer.result])) };
}

function failure(message: string): { error: RpcError } {
  return { error: { code: INTERNAL_ERROR, message } };
}
