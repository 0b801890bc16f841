import type { JsonObject } from '../../core/json.ts';
import type { ClientHome } from './client.ts';
import { type OurFile, withSetting } from './our-file.ts';
import { addSecrets, type OurSecrets, readOurSecrets } from './our-secrets.ts';
import { SecretNames } from './secret-names.ts';
import { withoutSecrets } from './secrets.ts';
import { unsetVariables } from './unset-variables.ts';

/** One entry as it is to be written, and the secrets that stood in it. */
export interface KeptEntry {
  /** With references in place of secrets. */
  readonly entry: JsonObject;
  /** By the names in these references: never to be shown. */
  readonly values: ReadonlyMap<string, string>;
  /** Where they go; undefined where ours come from a command, or there are none: whoever starts the gateway sets them. */
  readonly secrets?: OurSecrets | undefined;
  /** Variables that have no value then. */
  readonly unset: readonly string[];
}

/** An entry that somebody wrote with its secrets, as an import would store it. Nothing is written yet. */
export async function keptEntry(key: string, written: JsonObject, file: OurFile, home: ClientHome): Promise<KeptEntry> {
  const secrets = await readOurSecrets(file, home);
  const env = { ...secrets?.values, ...home.env };
  const names = secrets ? new SecretNames(secrets.values, 'secrets') : new SecretNames(env);
  const entry = withoutSecrets(key, written, names);
  const values = names.in(JSON.stringify(entry));
  const isKept = secrets !== undefined && values.size > 0;
  return { entry, values, ...(isKept && { secrets }), unset: unsetVariables(entry, env) };
}

/** The text of our file with the place of its secrets in it. */
export async function namingSecrets(file: OurFile, { secrets }: KeptEntry): Promise<string> {
  return secrets?.setting ? withSetting(file, 'secrets', secrets.setting) : (file.text ?? '');
}

/** Writes the values, before anything names them. */
export async function keepValues({ secrets, values }: KeptEntry): Promise<void> {
  if (secrets) await addSecrets(secrets, values);
}
