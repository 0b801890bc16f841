import { fingerprint } from '../fingerprint.ts';
import { type GatewayConfig, loadConfig } from '../load.ts';
import type { Watched } from './watch.ts';
import { directoriesToWatch } from './watched-directories.ts';

/** Where a configuration comes from: it is read, and read again when what is watched has changed. */
export interface ConfigSource extends Watched {
  /** Its fingerprint as it was when it was last read. */
  readonly known: string | undefined;
  /** As it is now. Throws as `loadConfig` does. */
  load(): Promise<GatewayConfig>;
}

/**
 * One file, by its absolute path; `known` is its fingerprint where it has been read already, `patienceMs` how long secrets
 * are waited for.
 */
export function fileSource(path: string, known?: string, patienceMs?: number): ConfigSource {
  let read = known;
  return {
    get known() {
      return read;
    },
    fingerprint: () => fingerprint(path),
    directories: () => directoriesToWatch(path),
    load() {
      read = fingerprint(path);
      return loadConfig(path, undefined, { patienceMs });
    },
  };
}
