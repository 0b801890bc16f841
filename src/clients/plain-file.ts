import type { Client } from './client.ts';
import { stdioEntry, translateFields } from './translate.ts';

/** A file given by its path, in the shape that most clients share: `{"mcpServers": {…}}`. */
export function plainFile(path: string): Client {
  return {
    id: path,
    name: 'file',
    places: () => [{ path, at: ['mcpServers'], scope: 'user' }],
    translate: (entry) => translateFields(entry, { renamed: { environment: 'env' }, ignored: ['alwaysLoad'] }),
    entryFor: stdioEntry,
  };
}
