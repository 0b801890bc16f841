import { clip, GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { loginCommand } from '../core/login-command.ts';
import { SERVER_STATES, serverState } from '../core/server-state.ts';
import { failureIn, type UpstreamState } from '../core/upstream-state.ts';
import { type Challenge, LoginNeeded } from './login/login-needed.ts';

/** Longest cause inside a message of ours, in characters. */
const MAX_CAUSE = 600;

/** Why a server without a connection cannot be asked, and from when on it is worth another try. */
export function unavailable(
  server: string,
  state: UpstreamState,
  challenge: Challenge,
  lastWords?: string,
): GatewayError {
  if (state.status === 'needs_auth') return needsLogin(server, challenge);
  const failure = failureIn(state);
  if (!failure) return refusal(server, notConnected(state, lastWords), { state: serverState(state) });
  const { error, retryAt, ...circuit } = failure;
  const why = `is not available: ${clip(error, MAX_CAUSE)}; the next attempt is in ${secondsUntil(retryAt)} s`;
  return refusal(server, why, { state: serverState(state), ...circuit, lastError: clip(error, MAX_CAUSE), retryAt });
}

/** A first start may have much to fetch. */
function notConnected(state: UpstreamState, lastWords: string | undefined): string {
  if (state.status !== 'connecting' || state.slowSince === undefined)
    return `is not connected (${SERVER_STATES[serverState(state)]})`;
  const words = lastWords === undefined ? '' : `; it last said: ${clip(lastWords, MAX_CAUSE)}`;
  return `has been starting for ${Math.round((Date.now() - state.slowSince) / 1_000)} s and still is${words}. Ask again later`;
}

function refusal(server: string, why: string, details: JsonObject): GatewayError {
  return new GatewayError('UPSTREAM_UNAVAILABLE', `server "${server}" ${why}`, {
    details: { ...details, sent: false },
  });
}

function needsLogin(server: string, challenge: Challenge): GatewayError {
  const message = `server "${server}" needs a login, which begins when one of its tools is invoked, or with \`${loginCommand(server)}\``;
  return new GatewayError('UPSTREAM_NEEDS_AUTH', message, {
    details: { server, sent: false },
    cause: new LoginNeeded(challenge),
  });
}

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1_000));
}
