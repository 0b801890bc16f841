import { clip, GatewayError } from '../core/errors.ts';
import type { UpstreamState } from '../core/upstream-state.ts';
import { type Challenge, LoginNeeded } from '../login/login-needed.ts';

/** Why a server without a connection cannot be asked, and from when on it is worth another try. */
export function unavailable(server: string, state: UpstreamState, challenge: Challenge): GatewayError {
  if (state.status === 'needs_auth') return needsLogin(server, challenge);
  const why =
    state.status === 'waiting'
      ? `is not available: ${clip(state.error, 600)}; the next attempt is in ${secondsUntil(state.retryAt)} s`
      : `is not connected (${state.status})`;
  return new GatewayError('UPSTREAM_UNAVAILABLE', `server "${server}" ${why}`, {
    details: { state: state.status, sent: false, ...(state.status === 'waiting' && { retryAt: state.retryAt }) },
  });
}

function needsLogin(server: string, challenge: Challenge): GatewayError {
  const message = `server "${server}" needs a login, which begins when one of its tools is invoked`;
  return new GatewayError('UPSTREAM_NEEDS_AUTH', message, {
    details: { server, sent: false },
    cause: new LoginNeeded(challenge),
  });
}

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1_000));
}
