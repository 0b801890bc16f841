import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type Client, foldersOf, type Translated } from './client.ts';
import { literally, stdioEntry, translateFields } from './translate.ts';

/**
 * Fields that `translateFields` skips: the gateway passes all variables on, `writtenHeaders` and `namedHeaders` read
 * the fields for headers, and `required` has no counterpart.
 */
const IGNORED = ['env_vars', 'bearer_token_env_var', 'bearer_token', 'env_http_headers', 'http_headers', 'required'];

export const codex: Client = {
  id: 'codex',
  name: 'Codex',
  places: (home) => [
    ...foldersOf(home).map(
      (folder) =>
        ({ path: join(folder, '.codex', 'config.toml'), at: ['mcp_servers'], scope: 'project', folder }) as const,
    ),
    {
      path: join(home.env.CODEX_HOME || join(home.home, '.codex'), 'config.toml'),
      at: ['mcp_servers'],
      scope: 'user',
    },
  ],
  translate: translateCodex,
  entryFor: stdioEntry,
};

/** Translates an entry of Codex. Codex fills in no references; separate fields name the variables for headers. */
export function translateCodex(entry: JsonObject): Translated {
  const { entry: fields, ...beside } = translateFields(entry, { ignored: IGNORED });
  const written = { ...fields, headers: writtenHeaders(entry) };
  const { entry: whole, ...rest } = literally('Codex', [], { ...beside, entry: written });
  const headers = { ...(isJsonObject(whole.headers) && whole.headers), ...namedHeaders(entry) };
  const { headers: _, ...others } = whole;
  return { ...rest, entry: { ...others, ...(Object.keys(headers).length > 0 && { headers }) } };
}

function writtenHeaders({ http_headers, headers, bearer_token }: JsonObject): JsonObject {
  return {
    ...(isJsonObject(headers) && headers),
    ...(isJsonObject(http_headers) && http_headers),
    ...(typeof bearer_token === 'string' && { Authorization: `Bearer ${bearer_token}` }),
  };
}

/** Returns the headers whose values come from variables, as `${NAME}` references. */
function namedHeaders({ env_http_headers, bearer_token_env_var }: JsonObject): JsonObject {
  const named = isJsonObject(env_http_headers) ? Object.entries(env_http_headers) : [];
  return {
    ...Object.fromEntries(named.map(([header, variable]) => [header, `\${${String(variable)}}`])),
    ...(typeof bearer_token_env_var === 'string' && { Authorization: `Bearer \${${bearer_token_env_var}}` }),
  };
}
