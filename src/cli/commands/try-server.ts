import { displayText } from '../../core/invisible-characters.ts';
import { stands } from '../../core/server-state.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { START_SECONDS, timeoutMs } from './command.ts';
import { listedTool, toolTable } from './list.ts';
import { allTools, waitOf, withGateway } from './local-gateway.ts';
import { reportMisuse } from './report.ts';

export interface TryArguments {
  readonly server: string;
  readonly config?: string | undefined;
  /** Seconds, as typed. */
  readonly timeout?: string | undefined;
}

/**
 * Starts a server that was just added, and shows its tools or the reason why it has none. Resolves with 0 even then,
 * because it has been added.
 */
export async function tryServer({ server, config, timeout }: TryArguments, terminal: Terminal): Promise<number> {
  const patienceMs = timeoutMs(timeout, START_SECONDS);
  if (typeof patienceMs === 'string')
    return reportMisuse(terminal, 'add', `${patienceMs}; it is added, and was not tried`);
  const options = { config, servers: [server], patienceMs };
  const code = await withGateway('add', options, terminal, async (local) => {
    const view = local.gateway.servers().find(({ id }) => id === server);
    const upstream = local.pool.upstreams.get(server);
    if (!view || view.status === 'disabled') return 0;
    if (upstream?.isKnown) {
      terminal.write(`Tried it:\n${toolTable((await allTools(local, [server])).map(listedTool), terminal)}`);
      return 0;
    }
    const why = view.error ?? (upstream && waitOf(upstream, local.lastWords(server)));
    const cure = view.status === 'needs_auth' ? `mcp-gateway login ${server}` : `mcp-gateway doctor ${server}`;
    terminal.writeError(
      `Tried it: ${displayText(server)} ${stands(view.status)}${why ? `: ${displayText(why)}` : ''}. It stays in the file; ${displayText(cure)}\n`,
    );
    return 0;
  });
  return code === 130 ? code : 0;
}
