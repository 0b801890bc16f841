/** Words for passwords, which people invent: even a number of three digits may be one. */
const PASSWORD = new Set([
  ...['password', 'passwords', 'passwd', 'passwort', 'pwd', 'pw', 'pass', 'passphrase', 'passcode', 'pin', 'otp'],
  ...['pswd', 'psw', 'passkey', 'psk', 'totp', 'kennwort', 'losungswort', 'passe', 'mdp', 'contrasena', 'clave'],
  ...['senha', 'wachtwoord', 'losenord', 'adgangskode', 'passord', 'salasana', 'haslo', 'heslo', 'jelszo', 'parola'],
]);
/** Words that name only secrets: almost any value under them is one. */
const STRONG = new Set([
  ...['secret', 'secrets', 'token', 'tokens', 'tok', 'tkn', 'credential', 'credentials', 'creds', 'bearer'],
  ...['authorization', 'jwt', 'pat', 'apikey'],
]);
/** Words that also name other things: `isPlainUnder` also excludes addresses. */
const WEAK = new Set(['key', 'keys', 'auth', 'authn', 'cookie', 'cookies', 'dsn', 'sig', 'signature', 'sas', 'cred']);
/** Words that are weak in the same sense, but only as the last word of a name. */
const WEAK_END = new Set(['session', 'sessions', 'sess', 'sid', 'hmac', 'unlock', 'pepper', 'salt']);
const PASSWORD_END = /(?:passwo?r?d|pwd|pswd|passphrase|\wpw)s?$/;
/** Pairs of words that name a secret: `SEED_PHRASE`, `ACCESS_CODE`. */
const SECRET_OF =
  /^(?:seed|recovery|backup|wallet|mnemonic|access|security|unlock|login|verification|activation|pairing|mfa|otp) (?:phrase|words?|codes?|seed)$|(?:^| )mfa$/;
/** Words written together: `githubtoken`, `myApikey`, `clientsecret`. */
const STRONG_END =
  /(?:token|secret|passwo?r?d|pwd|(?:db|user|require|my|admin|root|http|proxy|smtp|mail|sql|pg|ssh)pass|passphrase|mnemonic|apikey|accesskey|authkey|priv(?:ate)?key|secretkey|signingkey|encryptionkey|masterkey|credentials?)s?$/;
/** Last words of names whose values are no secrets, but properties of one or other things. */
const ABOUT = new Set([
  ...['path', 'file', 'filename', 'dir', 'directory', 'folder', 'name', 'id', 'ids', 'mode', 'type', 'kind', 'enabled'],
  ...[
    'disabled',
    'limit',
    'limits',
    'ttl',
    'timeout',
    'expiry',
    'expires',
    'url',
    'uri',
    'endpoint',
    'host',
    'hostname',
  ],
  ...['port', 'issuer', 'audience', 'scope', 'scopes', 'method', 'methods', 'algorithm', 'alg', 'provider', 'region'],
  ...[
    'version',
    'count',
    'size',
    'length',
    'max',
    'min',
    'format',
    'prefix',
    'required',
    'interval',
    'budget',
    'window',
  ],
  ...[
    'strategy',
    'flow',
    'domain',
    'realm',
    'user',
    'username',
    'email',
    'usage',
    'model',
    'header',
    'minute',
    'store',
  ],
  ...['env', 'var', 'variable', 'envvar'],
]);
/** Values of switches and counts: numbers have up to 6 digits. */
const PLAIN = /^(?:true|false|yes|no|on|off|none|null|auto|\d{1,6})?$/i;
/** Values of switches and counts under a name for a password: numbers have up to 2 digits. */
const PLAIN_PASSWORD = /^(?:true|false|yes|no|on|off|none|null|auto|\d{1,2})?$/i;
/** Matches kinds of authentication, and of keys. */
const KIND =
  /^(?:basic|bearer|oauth\d?|oidc|jwt|digest|ntlm|saml|ldap|token|api[-_]?key|required|optional|default|rsa|ed25519|ssh|totp|sms|e?mail|app|md5|(?:hmac-?)?sha-?\d{1,3}|[hre]s\d{3})$/i;
/**
 * Matches the path of a file: in a common directory, or with an extension. Another text that begins with a slash may be
 * a random secret.
 */
const PLAIN_PATH =
  /^(?:~|\.{1,2}|[A-Za-z]:|\/(?:home|Users|etc|usr|opt|var|run|srv|tmp|mnt|root|private|app|data))[\\/][^:;]*$|^(?:~|\.{1,2})?\/[\w.@/ -]*\.\w{1,6}$/;
/** Matches a reference in the syntax of a shell, of Windows or of code, or a command in backquotes. */
const SHELL_REFERENCE =
  /^(?:\$\w+|%\w+%|\$env:\w+|`[^`]*\s[^`]*`|(?:process\.env|import\.meta\.env|os\.environ|os\.getenv|ENV)(?:\.\w+|\[["']?\w+["']?\]?)?)$/;

/** Strength of a name: its values are invented passwords, always secrets, or perhaps secrets. */
type SecretWord = 'password' | 'strong' | 'weak';

/** Returns the strength with which a name marks its value as a secret; undefined if it does not. */
export function secretWordIn(name: string): SecretWord | undefined {
  const words = wordsOf(name);
  // The id of a session gives access to the session.
  if (/session[-_ ]?id$/i.test(name)) return 'strong';
  if (ABOUT.has(words.at(-1) ?? '')) return undefined;
  if (SECRET_OF.test(words.slice(-2).join(' '))) return 'password';
  if (words.some((word) => PASSWORD.has(word) || PASSWORD_END.test(word))) return 'password';
  if (words.some((word) => STRONG.has(word) || STRONG_END.test(word))) return 'strong';
  if (words.some((word, index) => word === 'api' && words[index + 1] === 'key')) return 'strong';
  const isSession = WEAK_END.has(words.at(-1) ?? '') && words.at(-2) !== 'desktop';
  return isSession || words.some((word) => WEAK.has(word)) ? 'weak' : undefined;
}

/** True if a value under a name of this strength is no secret but a switch, a count, a kind, a path or a reference. */
export function isPlainUnder(name: SecretWord, value: string): boolean {
  const text = value.trim();
  if (SHELL_REFERENCE.test(text)) return true;
  // A short number is a limit, as in `MAX_TOKENS`; a longer one may be a password.
  if ((name === 'password' ? PLAIN_PASSWORD : PLAIN).test(text) || KIND.test(text)) return true;
  if (PLAIN_PATH.test(text)) return true;
  return /^arn:\S+$/.test(text) || (name === 'weak' && /^https?:\/\/\S+$/.test(text));
}

/** Number of characters of a name that are examined. */
const MAX_NAME = 200;

/** Splits a name into words in lower case: `X-Api-Key` → x, api, key; `apiKey2` and `API_KEY` → api, key. */
function wordsOf(name: string): string[] {
  const apart = name
    .slice(0, MAX_NAME)
    // Removes the marks of letters: `CONTRASEÑA` becomes `CONTRASENA`.
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  return apart.split(/[^A-Za-z]+/).flatMap((word) => (word === '' ? [] : word.toLowerCase()));
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Matches the start of a digest, as in `image@sha256:…`. */
const DIGEST = /^(?:sha(?:1|256|384|512))[:=-]/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * True if a word of at least `least` characters looks random: it alternates often between digits, small letters and
 * capitals. Words of people do not: `claude-3-5-sonnet-20241022`, `getUserById`, `1.2.3-beta.4`.
 */
export function looksRandom(word: string, least = 20): boolean {
  const text = word.replace(/[-_.~+/=%]/g, '');
  if (text.length < least || DIGEST.test(word) || isUuid(word) || /[^A-Za-z\d]/.test(text)) return false;
  // In an address (`least` below 20) 16 hexadecimal digits are enough, elsewhere 24.
  const leastHex = least < 20 ? 16 : 24;
  if (/^[0-9a-f]+$/i.test(text))
    return text.length >= leastHex ? /\d/.test(text) && /[a-f]/i.test(text) : changes(text) >= text.length * 0.3;
  // A capital at the start of a word is no sign of randomness.
  const level = text.replace(/[A-Z](?=[a-z]{2})/g, (letter) => letter.toLowerCase());
  return changes(level) >= level.length * (/\d/.test(text) ? 0.27 : 0.42);
}

/** True if a word of 16 to 19 letters and digits looks random; it must alternate more often than a longer one. */
export function looksRandomShort(word: string): boolean {
  if (!/^[A-Za-z\d]{16,19}$/.test(word) || !/\d/.test(word)) return false;
  const level = word.replace(/[A-Z](?=[a-z]{2})/g, (letter) => letter.toLowerCase());
  return changes(level) >= word.length * 0.35;
}

/** Counts the changes between digits, small letters and capitals. */
function changes(text: string): number {
  const kinds = [...text].map((letter) => (/\d/.test(letter) ? 'digit' : /[a-z]/.test(letter) ? 'small' : 'capital'));
  return kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
}
