import { join } from 'node:path';
import { secretRedactor } from './redact.ts';
import { RememberedServers } from './remembered-servers.ts';

/** What servers offered when they were last asked, kept in `servers` of that directory; without one, for this run only. */
export function serverMemory(cacheDirectory: string | undefined): RememberedServers {
  return new RememberedServers({
    redactor: secretRedactor,
    ...(cacheDirectory !== undefined && { directory: join(cacheDirectory, 'servers') }),
  });
}
