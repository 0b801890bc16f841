import { isJsonObject, type JsonObject } from '../core/json.ts';
import { authAdvice } from './auth.ts';
import { type Checked, expectation, keys, mistake, remove, type ValidationContext } from './check-entry.ts';
import { type Diagnostic, describeFound, error, type KeyPath } from './diagnostic.ts';
import { missingVariable, type Report } from './fill-entry.ts';
import { DENY_ALL, takePermissions } from './permissions.ts';
import { comparable } from './schema-helpers.ts';
import { EntrySecrets } from './secrets/secrets.ts';
import { type GatewaySettings, type SecretsSettings, settingsSchema } from './settings.ts';
import { numbersAsTexts, type RawConfig } from './shapes.ts';
import { type Environment, substitute, substituteAll } from './substitute.ts';

/** Used if `auth` is wrong: it refuses every caller. */
const REFUSE_ALL: GatewaySettings['auth'] = { strategy: 'api-key', apiKeys: [] };
const EMBEDDINGS = ['search', 'embeddings'];
const WITHOUT_EMBEDDINGS = 'until then search goes by words alone';

/**
 * Returns the settings with each wrong one replaced by its default, unless that is unsafe: a wrong `auth` refuses every
 * caller, wrong `search.embeddings` are left out, broken `permissions` deny every tool that they may concern.
 */
export function checkSettings(
  { path, value }: RawConfig['settings'],
  surroundings: ValidationContext,
): Checked<GatewaySettings> {
  if (!isJsonObject(value)) {
    const found = `found ${describeFound(value, true)}, expected an object of gateway settings`;
    // An empty section loses nothing. Any other may have held rules and keys that cannot be read.
    if (value === null) return { value: settingsSchema.parse({}), findings: [error(path, found)] };
    const refusal = 'until then every tool is denied, and the HTTP edge refuses every caller';
    const closed = { ...settingsSchema.parse({}), permissions: DENY_ALL, auth: REFUSE_ALL };
    return { value: closed, findings: [error(path, `${found}; ${refusal}`)] };
  }
  const findings: Diagnostic[] = [];
  const at: Report = (severity, where, text) => findings.push({ severity, path: [...path, ...where], text });
  const { auth, ...others } = value;
  const { rules, rest } = takePermissions(others, Object.keys(settingsSchema.shape), at);
  const secrets = new EntrySecrets(surroundings);
  const fill: Fill = (raw, refuse) => filledWhole(raw, surroundings.env, secrets, refuse);
  const settings = {
    ...salvage(fillEmbeddings(structuredClone(withTextHeaders(rest)), fill, at), at),
    permissions: rules,
  };
  const checked = auth === undefined ? settings : { ...settings, auth: checkAuth(auth, fill, at) };
  return { value: checked, findings, waits: secrets.waits };
}

/** Fills in the variables of a value. Calls `refuse` for each one that is not set. */
type Fill = (raw: unknown, refuse: (path: KeyPath, text: string) => void) => unknown;

function filledWhole(raw: unknown, env: Environment, secrets: EntrySecrets, refuse: Parameters<Fill>[1]): unknown {
  return substituteAll(raw, (text, path) => {
    const { text: filled, missing, unset } = substitute(text, env, secrets);
    for (const fault of secrets.faults.splice(0)) refuse(path, fault);
    for (const name of [...missing, ...unset]) refuse(path, missingVariable(name, secrets.aside()));
    return filled;
  });
}

/** Returns the `secrets` settings; undefined if they are absent or invalid. */
export function secretsSettings({ value }: RawConfig['settings'], env: Environment): SecretsSettings | undefined {
  const written = isJsonObject(value) ? value.secrets : undefined;
  const filled = substituteAll(written, (text) => substitute(text, env).text);
  return settingsSchema.shape.secrets.safeParse(comparable(filled)).data;
}

/** Parses the settings and removes wrong ones until they are valid. Each round removes at least one, so it ends. */
function salvage(value: JsonObject, at: Report): GatewaySettings {
  const result = settingsSchema.safeParse(comparable(value), { error: expectation });
  if (result.success) return result.data;
  // A copy, because the first mistake may remove the embeddings whose other values the later messages quote.
  const found = structuredClone(value);
  for (const issue of result.error.issues) {
    if (issue.code === 'unrecognized_keys') {
      at('warning', keys(issue), `${issue.message} (ignored)`);
      for (const key of issue.keys) remove(value, [...keys(issue), key]);
    } else {
      const inEmbeddings = startsWith(keys(issue), EMBEDDINGS);
      const instead = inEmbeddings ? WITHOUT_EMBEDDINGS : 'the default is used';
      const mayBeSecret = inEmbeddings || startsWith(EMBEDDINGS, keys(issue));
      at('error', keys(issue), `${mistake(issue, found, mayBeSecret)}; ${instead}`);
      remove(value, inEmbeddings ? EMBEDDINGS : keys(issue));
    }
  }
  return salvage(value, at);
}

/** Turns the numbers in the embeddings' headers into texts, because a clone does not keep how a number was written. */
function withTextHeaders(value: JsonObject): JsonObject {
  const { search } = value;
  if (!isJsonObject(search) || !isJsonObject(search.embeddings) || search.embeddings.headers === undefined)
    return value;
  const { embeddings } = search;
  return {
    ...value,
    search: { ...search, embeddings: { ...embeddings, headers: numbersAsTexts(embeddings.headers) } },
  };
}

/** Fills in the variables of the embeddings. If one is not set, the embeddings are left out. */
function fillEmbeddings(value: JsonObject, fill: Fill, at: Report): JsonObject {
  const { search } = value;
  if (!isJsonObject(search) || search.embeddings === undefined) return value;
  let sound = true;
  const embeddings = fill(search.embeddings, (path, text) => {
    sound = false;
    at('error', [...EMBEDDINGS, ...path], `${text}; ${WITHOUT_EMBEDDINGS}`);
  });
  return { ...value, search: { ...search, embeddings: sound ? embeddings : undefined } };
}

function startsWith(path: KeyPath, start: KeyPath): boolean {
  return start.every((key, index) => path[index] === key);
}

function checkAuth(raw: unknown, fill: Fill, at: Report): GatewaySettings['auth'] {
  let sound = true;
  const refuse = (path: KeyPath, text: string) => {
    sound = false;
    at('error', ['auth', ...path], `${text}; until then the HTTP edge refuses every caller`);
  };
  const auth = fill(raw, refuse);
  if (!sound) return REFUSE_ALL;
  const result = settingsSchema.shape.auth.safeParse(comparable(auth), { error: expectation });
  for (const issue of result.error?.issues ?? []) {
    refuse(
      keys(issue),
      // The strategy is shown as written, before variables are filled in, because a variable may hold a secret.
      issue.code === 'unrecognized_keys' ? issue.message : mistake(issue, raw, keys(issue)[0] !== 'strategy'),
    );
  }
  if (!sound || !result.data) return REFUSE_ALL;
  for (const { path, text } of authAdvice(result.data)) at('warning', ['auth', ...path], text);
  return result.data;
}
