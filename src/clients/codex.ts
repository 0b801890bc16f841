import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Client } from './client.ts';
import { stdioEntry, translateFields } from './translate.ts';

/** Those that name variables to be passed on: the gateway passes all of them on. */
const IGNORED = ['env_vars', 'bearer_token_env_var', 'bearer_token', 'env_http_headers', 'tool_timeout_sec'];

export const codex: Client = {
  id: 'codex',
  name: 'Codex',
  places: ({ home, cwd, env }) => [
    { path: join(cwd, '.codex', 'config.toml'), at: ['mcp_servers'], scope: 'project' },
    { path: join(env.CODEX_HOME || join(home, '.codex'), 'config.toml'), at: ['mcp_servers'], scope: 'user' },
  ],
  translate(entry) {
    const { entry: fields, notes } = translateFields(entry, { renamed: { http_headers: 'headers' }, ignored: IGNORED });
    const headers = headersOf(entry);
    const { tool_timeout_sec: seconds } = entry;
    return {
      entry: {
        ...fields,
        ...(Object.keys(headers).length > 0 && { headers }),
        ...(typeof seconds === 'number' && { timeout: Math.ceil(seconds * 1_000) }),
      },
      notes,
    };
  },
  entryFor: stdioEntry,
};

/** All headers in one map, those that name variables with our way to name them. */
function headersOf({ http_headers, env_http_headers, bearer_token_env_var, bearer_token }: JsonObject): JsonObject {
  const named = isJsonObject(env_http_headers) ? Object.entries(env_http_headers) : [];
  return {
    ...(isJsonObject(http_headers) && http_headers),
    ...Object.fromEntries(named.map(([header, variable]) => [header, `\${${String(variable)}}`])),
    ...(typeof bearer_token === 'string' && { Authorization: `Bearer ${bearer_token}` }),
    ...(typeof bearer_token_env_var === 'string' && { Authorization: `Bearer \${${bearer_token_env_var}}` }),
  };
}
