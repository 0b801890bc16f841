import { type Environment, namesSecret, substitute } from '../config/substitute.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { variableName } from './translate.ts';

/** The last word of names under which people keep secrets. */
const SECRET_WORD =
  /(?:keys?|tokens?|secrets?|password|passwd|pwd|passphrase|credentials?|cookies?|pat|jwt|auth|authorization|bearer|dsn)$/i;
/** Names whose last word says that the value is something else. */
const NOT_A_SECRET = /(?:path|file|dir|directory|name|id|mode|type|enabled|limit|ttl)$/i;
/** What secrets look like, whatever they are called. */
const SECRET_SHAPES: readonly RegExp[] = [
  /\b(?:sk|pk|rk)[-_][\w-]{16,}/,
  /\b(?:gh[opsur]_|github_pat_|glpat-|xox[abprs]-|AKIA|AIza|npm_|hf_|mcpgw_)[\w-]{12,}/,
  /\beyJ[\w-]+\.[\w-]+\./,
  /^(?:bearer|basic) \S/i,
  /:\/\/[^\s/:@]*:[^\s/@]+@/,
  /-----BEGIN /,
];
/** Plain words that stand where a secret could: switches and counts. */
const PLAIN = /^(?:true|false|yes|no|on|off|none|\d{1,5})?$/i;

/** Names of variables for values, each value under one name and each name for one value. */
export class SecretNames {
  readonly #env: Environment;
  readonly #values = new Map<string, string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /** A reference to the variable that shall hold the value: the first name, or the second, that holds no other. */
  refer(value: string, name: string, otherwise: string): string {
    let chosen = this.#isFree(name, value) ? name : otherwise;
    for (let count = 2; !this.#isFree(chosen, value); count++) chosen = `${otherwise}_${count}`;
    this.#values.set(chosen, value);
    return `\${${chosen}}`;
  }

  /** The value that a name was given; undefined: none. */
  valueOf(name: string): string | undefined {
    return this.#values.get(name);
  }

  #isFree(name: string, value: string): boolean {
    const taken = this.#values.get(name) ?? (this.#env[name] || value);
    return taken === value;
  }
}

/** Whether a value under that name looks like a secret; one that names variables is none. */
export function looksSecret(name: string, value: string): boolean {
  const { missing, unset } = substitute(value, {});
  if (missing.length + unset.length > 0 || namesSecret(value) || PLAIN.test(value)) return false;
  if (SECRET_SHAPES.some((shape) => shape.test(value))) return true;
  return SECRET_WORD.test(name) && !NOT_A_SECRET.test(name);
}

/** A native entry with variables in place of what looks like a secret: in environment, headers, options, url and oauth. */
export function withoutSecrets(key: string, entry: JsonObject, names: SecretNames): JsonObject {
  const { environment, headers, command, url, oauth } = entry;
  const own = (name: string) => variableName(`${key} ${name}`);
  const blank = (name: string, value: string) => names.refer(value, variableName(name), own(name));
  return {
    ...entry,
    ...(isJsonObject(environment) && {
      environment: mapValues(environment, (name, value) =>
        looksSecret(name, value) ? names.refer(value, nameOf(name), own(name)) : value,
      ),
    }),
    ...(isJsonObject(headers) && {
      headers: mapValues(headers, (name, value) =>
        looksSecret(name, value) ? headerWithout(own, name, value, names) : value,
      ),
    }),
    ...(Array.isArray(command) && { command: commandWithout(command, blank, own) }),
    ...(typeof url === 'string' && { url: urlWithout(url, (name, value) => names.refer(value, own(name), own(name))) }),
    ...(isJsonObject(oauth) && {
      oauth: mapValues(oauth, (name, value) =>
        name === 'clientSecret' && looksSecret(name, value) ? names.refer(value, own(name), own(name)) : value,
      ),
    }),
  };
}

/** A variable keeps its name where a reference can have it. */
function nameOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : variableName(name);
}

function mapValues(map: JsonObject, change: (name: string, value: string) => string): JsonObject {
  const fields = Object.entries(map).map(([name, value]) => [
    name,
    typeof value === 'string' ? change(name, value) : value,
  ]);
  return Object.fromEntries(fields);
}

/** The scheme before a credential stays. */
function headerWithout(own: (name: string) => string, name: string, value: string, names: SecretNames): string {
  const [, scheme = '', secret = ''] = /^((?:\w+ )?)(.*)$/s.exec(value) ?? [];
  const variable = own(scheme === '' ? name : 'token');
  return `${scheme}${names.refer(secret, variable, variable)}`;
}

/** `--api-key x` and `--api-key=x`. */
function commandWithout(
  words: readonly unknown[],
  blank: (name: string, value: string) => string,
  own: (name: string) => string,
): unknown[] {
  return words.map((word, index) => {
    if (typeof word !== 'string' || index === 0) return word;
    const [, option = '', value = ''] = /^(--?[\w-]+)=(.+)$/s.exec(word) ?? [];
    if (option !== '' && looksSecret(option, value)) return `${option}=${blank(own(option), value)}`;
    const before = words[index - 1];
    const named = typeof before === 'string' && /^--?[\w-]+$/.test(before) && !word.startsWith('-') ? before : '';
    return looksSecret(named, word) ? blank(own(named || 'secret'), word) : word;
  });
}

/** Parameters named like secrets; a password before the host. */
function urlWithout(url: string, blank: (name: string, value: string) => string): string {
  const text = url.replace(/([?&])([^=&#]+)=([^&#]+)/g, (whole, start: string, name: string, value: string) =>
    looksSecret(name, value) ? `${start}${name}=${blank(name, value)}` : whole,
  );
  return text.replace(
    /(:\/\/[^\s/:@]*:)([^\s/@{}$]+)(@)/,
    (_, start: string, value: string, end: string) => `${start}${blank('password', value)}${end}`,
  );
}
