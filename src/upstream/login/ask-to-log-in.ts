import { abortable, type Signal } from '../../core/abort.ts';
import type { CallContext } from '../../core/call.ts';
import { causeOf, GatewayError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import type { Peer } from '../../core/peer.ts';
import { loginCommand } from '../../core/server-state.ts';
import type { Login } from './login.ts';
import { type Challenge, challengeIn } from './login-needed.ts';
import type { PersonLogin } from './person-login.ts';

/**
 * Lets a person log in to a server; resolves when the login is done. A client that supports URL elicitation is asked to
 * open the address; for any other client the error contains it. Rejects with `UPSTREAM_NEEDS_AUTH`, or with the reason
 * of `signal`.
 */
export async function askToLogIn(
  server: string,
  login: Login,
  challenge: Challenge,
  { peer, signal }: CallContext,
  onUrl: (url: string) => void,
): Promise<void> {
  if (challenge.obstacle !== undefined) throw impossible(server, challenge.obstacle);
  const pending = await login.begin(challenge).catch((error: unknown) => {
    const { obstacle } = challengeIn(error) ?? {};
    if (obstacle !== undefined) throw impossible(server, obstacle);
    throw refusal(server, `it could not be begun: ${login.redact(causeOf(error))}`, error);
  });
  onUrl(pending.url);
  if (!peer || !showsAddresses(peer)) throw openYourself(server, pending);
  try {
    await abortable(Promise.race([pending.done, shown(server, pending, peer, signal)]), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof GatewayError ? error : refusal(server, login.redact(causeOf(error)), error);
  }
  peer.notify('notifications/elicitation/complete', { elicitationId: pending.id });
}

function showsAddresses({ identity }: Peer): boolean {
  const { elicitation } = identity.capabilities;
  return isJsonObject(elicitation) && elicitation.url !== undefined;
}

/**
 * Asks the person to open the address, and waits for the login: `accept` only says that the address is being opened.
 */
async function shown(server: string, { id, url, done }: PersonLogin, peer: Peer, signal: Signal): Promise<void> {
  const message = `The server "${server}" asks you to log in.`;
  const answer = await peer.request('elicitation/create', { mode: 'url', message, url, elicitationId: id }, { signal });
  if ('error' in answer) throw openYourself(server, { url });
  if (answer.result.action !== 'accept') throw refusal(server, 'the user did not agree to it');
  await done;
}

function impossible(server: string, obstacle: string): GatewayError {
  const message = `server "${server}" needs a login, which cannot begin: ${obstacle}`;
  return new GatewayError('UPSTREAM_NEEDS_AUTH', message, { details: { server } });
}

function refusal(server: string, why: string, cause?: unknown): GatewayError {
  const command = loginCommand(server);
  const message = `server "${server}" needs a login: ${why}; a person can log in with \`${command}\``;
  return new GatewayError('UPSTREAM_NEEDS_AUTH', message, {
    details: { server, command },
    ...(cause !== undefined && { cause }),
  });
}

function openYourself(server: string, { url }: { readonly url: string }): GatewayError {
  const command = loginCommand(server);
  const message = `server "${server}" needs a login. Ask the user to run \`${command}\` in a terminal, or to open this address in a browser on this machine within 15 minutes, then call again: ${url}`;
  return new GatewayError('UPSTREAM_NEEDS_AUTH', message, { details: { server, url, command } });
}
