import type { ServerConfig } from '../../config/schema.ts';
import { Credentials } from './credentials.ts';

/** Where the credentials of a server are kept: by its address, and by the client where one is configured. */
export function credentialsOf(
  { url, oauth, keychain }: ServerConfig & { type: 'remote' },
  directory: string,
): Credentials {
  const { clientId, clientMetadataUrl, grant = 'authorization_code' } = oauth || {};
  const identity = [url.replace(/#.*/s, ''), clientId ?? clientMetadataUrl ?? '', grant];
  return Credentials.of(directory, identity, { keychain });
}
