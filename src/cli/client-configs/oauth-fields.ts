import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** What clients call the fields of a login, in small letters without signs. */
const FIELDS: Readonly<Record<string, string>> = {
  ...{ clientid: 'clientId', clientsecret: 'clientSecret', clientmetadataurl: 'clientMetadataUrl', issuer: 'issuer' },
  ...{ scope: 'scope', scopes: 'scope', callbackport: 'callbackPort', grant: 'grant' },
};

/** A login as our `oauth`, the names of what reads differently there, and of what it has no place for. */
export function oauthFrom(value: JsonObject): {
  readonly oauth: JsonObject;
  readonly moved: readonly string[];
  readonly left: readonly string[];
} {
  const oauth: JsonObject = {};
  const left: string[] = [];
  const moved: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    const ours = FIELDS[name.replace(/[-_]/g, '').toLowerCase()];
    if (ours !== undefined && ours !== name) moved.push(name);
    const port = /redirect/i.test(name) ? portOf(field) : undefined;
    if (ours === 'scope') oauth.scope = Array.isArray(field) ? field.join(' ') : field;
    else if (ours !== undefined) oauth[ours] = field;
    else if (port !== undefined) oauth.callbackPort = port;
    else if (name !== 'enabled' && field !== null) left.push(name);
  }
  if (oauth.scope === '') delete oauth.scope;
  for (const name of Object.keys(oauth)) if (oauth[name] === null || oauth[name] === undefined) delete oauth[name];
  return { oauth, moved, left };
}

/** Whether what stands under `auth` is a login. */
export function isLogin(value: unknown): value is JsonObject {
  return isJsonObject(value) && Object.keys(value).some((name) => /^(?:client|scope)/i.test(name));
}

/** Of an address on this machine, to which the browser returns. */
function portOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { hostname, port } = new URL(value);
  return ['localhost', '127.0.0.1'].includes(hostname) && port !== '' ? Number(port) : undefined;
}
