import type { LiveConfig } from '../config/load.ts';
import { failureIn, isAvailable, type ServerState, serverState } from '../core/server-state.ts';
import type { Catalog } from '../search/catalog.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** One configured server for people. It never has the command, address or headers: these may hold secrets. */
export interface ServerView {
  /** Key in the configuration. */
  readonly id: string;
  readonly type: 'local' | 'remote' | 'unknown';
  readonly tags: readonly string[];
  readonly description?: string;
  readonly status: ServerState;
  /**
   * True if its tools can be called now or after its start. False while it connects for the first time and no tool is
   * known.
   */
  readonly available: boolean;
  /** Number of its known tools. */
  readonly tools: number;
  /** The reason why it cannot be asked, with secrets blanked. */
  readonly error?: string;
}

/** Returns every server of a configuration as it is now: running, misconfigured and switched off. */
export function serverViews(
  { misconfigured, disabled }: LiveConfig,
  running: readonly Upstream[],
  catalog: Pick<Catalog, 'toolsOf'>,
): readonly ServerView[] {
  return [
    ...running.map((upstream) => runningView(upstream, catalog.toolsOf(upstream.config.key).length)),
    ...misconfigured.map(({ server, error }) => notRunning(server, 'misconfigured', error)),
    ...disabled.map((server) => notRunning(server, 'disabled')),
  ];
}

function runningView({ config, state, isKnown }: Upstream, tools: number): ServerView {
  const { key: id, type, tags, description } = config;
  const error = failureIn(state)?.error ?? (state.status === 'connecting' ? state.error : undefined);
  return {
    id,
    type,
    tags,
    ...(description !== undefined && { description }),
    status: serverState(state),
    available: isAvailable(state) && (isKnown || state.status !== 'connecting'),
    tools,
    ...(error !== undefined && { error }),
  };
}

function notRunning(id: string, status: 'misconfigured' | 'disabled', error?: string): ServerView {
  return { id, type: 'unknown', tags: [], status, available: false, tools: 0, ...(error !== undefined && { error }) };
}
