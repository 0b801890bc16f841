import { causeOf } from '../../core/errors.ts';
import { displayText } from '../../core/invisible-characters.ts';
import { dataDirectory } from '../../platform/directories.ts';
import {
  type Credentials,
  credentialsOf,
  type IssuerCredentials,
  type StoredCredentials,
  sameIssuer,
} from '../../upstream/login/credentials.ts';
import { configuredClient } from '../../upstream/login/oauth-client.ts';
import { revokeTokens } from '../../upstream/login/revoke-tokens.ts';
import { listLogins } from '../../upstream/login/stored-logins.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { CommandArguments } from './command.ts';
import { configOf, type RemoteServer, remoteServers, serverWithLogin } from './remote-servers.ts';
import { reportErrors, reportMisuse } from './report.ts';

/** A login to be ended. */
interface Ending {
  readonly credentials: Credentials;
  /** Absent if the login's server is no longer configured. */
  readonly server?: RemoteServer | undefined;
}

/**
 * Implements `mcp-gateway logout [server|--all]`: has the authorization server revoke tokens if it can, and deletes
 * them here in any case. Resolves with the exit code: 1 if a revocation failed.
 */
export async function logout(args: CommandArguments, terminal: Terminal): Promise<number> {
  const [key] = args.words;
  if (args.words.length + (args.all ? 1 : 0) !== 1)
    return reportMisuse(terminal, 'logout', 'expected one server, or --all');
  return reportErrors(terminal, 'logout', async () => {
    const config = await configOf(args.config, terminal);
    const directory = dataDirectory(terminal.env);
    const servers = key === undefined ? remoteServers(config) : [serverWithLogin(config, key)];
    const configured = servers.map((server) => ({ server, credentials: credentialsOf(server, directory) }));
    const kept = await listLogins(directory);
    const left = kept.filter(({ file }) => !configured.some(({ credentials }) => credentials.file === file));
    const endings: Ending[] = [
      ...configured.filter(({ credentials }) => kept.some(({ file }) => file === credentials.file)),
      ...(args.all ? left.map((credentials) => ({ credentials })) : []),
    ];
    if (endings.length === 0)
      terminal.write(key === undefined ? 'There is no login.\n' : `${displayText(key)} has no login.\n`);
    const results = await Promise.all(endings.map((ending) => end(ending, terminal)));
    return results.every(Boolean) ? 0 : 1;
  });
}

/** Revokes and deletes a login; resolves with false if a revocation failed. */
async function end({ credentials, server }: Ending, terminal: Terminal): Promise<boolean> {
  return credentials.exclusively(async () => {
    const kept = await credentials.read().catch(() => undefined);
    const problems = kept ? await revoked(kept, server) : ['its tokens cannot be read, so they were not revoked'];
    await credentials.remove();
    const name = displayText(server?.key ?? (kept?.resource ? new URL(kept.resource).origin : credentials.file));
    const told = problems.length === 0 ? 'revoked and forgotten' : `forgotten here; ${problems.join('; ')}`;
    terminal.write(`${name}: ${told}\n`);
    return !problems.some((problem) => problem.startsWith('not revoked'));
  });
}

/** Revokes the tokens; resolves with sentences on the failures, empty if everything was revoked. */
async function revoked(kept: StoredCredentials, server: RemoteServer | undefined): Promise<string[]> {
  const outcomes = Object.entries(kept.issuers).map(async ([issuer, own]): Promise<string[]> => {
    try {
      const configured = server?.oauth ? configuredClient(server.oauth, new URL(server.url), { issuer }) : undefined;
      const client = configured ?? own.client;
      const isTheirs = sameIssuer(client?.issuer, issuer);
      const credentials: IssuerCredentials = isTheirs ? { ...own, client } : { tokens: own.tokens };
      const outcome = await revokeTokens(issuer, credentials, server?.proxy);
      const isLeft = outcome === 'unsupported';
      return isLeft ? [`${displayText(issuer)} does not take tokens back, they end by themselves`] : [];
    } catch (error) {
      return [`not revoked at ${displayText(issuer)}: ${displayText(causeOf(error))}`];
    }
  });
  return (await Promise.all(outcomes)).flat();
}
