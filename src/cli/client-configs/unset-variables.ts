import { fillEntry } from '../../config/fill-entry.ts';
import { EntrySecrets } from '../../config/secrets/secrets.ts';
import type { Environment } from '../../config/substitute.ts';
import type { JsonObject } from '../../core/json.ts';

/**
 * The variables, each once, that the gateway would miss when it starts this entry, and with `kept` the secrets that are not
 * among these. An empty one counts as not set.
 */
export function unsetVariables(entry: JsonObject, env: Environment, kept?: Environment): readonly string[] {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value));
  const lacking = new Set<string>();
  const secret = (name: string, isOnly: boolean) => {
    if (isOnly && kept && !kept[name]) lacking.add(name);
    return isOnly ? '' : undefined;
  };
  const places = { env: set, home: '', secrets: new EntrySecrets({ folder: '', home: '' }) };
  const { missing } = fillEntry(entry, { ...places, sources: { secret, file: () => '' } }, () => {});
  return [...new Set([...missing, ...lacking])];
}
