/** A text in code: of python with a letter before it. */
const STRING = /[bBrRfFuU]{0,2}(?:"[^"\n]*"|'[^'\n]*')/g;
/** Calls that take a place, a user and a password, in this order: `connect('db', 'user', 'value')`. */
const CONNECT_CALL = /(\b(?:\w{0,40}[cC]onnect(?:ion)?|PDO)\s{0,9}\()([^()\n]{0,500})(?=\))/g;
/** Calls and pairs of a user and a password: `auth=('user', 'value')`, `HTTPBasicAuth("user", "value")`. */
const LOGIN_CALL =
  /((?:auth|log_?in|sign_?in|credentials?|creds)\w{0,20}["']?\s{0,9}[=:]?\s{0,9}[([]\s{0,9}[bru]{0,2}(?:"[^"\n]*"|'[^'\n]*')\s{0,9},\s{0,9}[bru]{0,2}["'])([^"'\n]+)/gi;
/** The same where the user is a variable. */
const LOGIN_OF =
  /(\b(?:log_?in|sign_?in)\s{0,9}\(\s{0,9}[A-Za-z_$][\w.$]{0,60}\s{0,9},\s{0,9}[bru]{0,2}["'])([^"'\n]+)/gi;
/** `user:value` on its way to a header. */
const ENCODED =
  /(\b(?:btoa|\w{0,20}b64encode|Buffer\.from|\w{0,20}encode64|base64_encode)\s{0,9}\(\s{0,9}[bru]{0,2}["'][\w.@+-]{1,60}:)([^"'\n]+)/g;

const WORD = /(?:'[^'\n]*'|"[^"\n]*"|[^\s;&|"'<>()]+)/.source;
/** Options of a program before the one that is meant. */
const BETWEEN = /\s(?:[^;&|\n]{0,500}?\s)?/.source;
/** Passwords behind short options of programs that are known for them: `mysql -uroot -pvalue`. */
const SHORT = [
  `(?:mysql|mariadb)[\\w-]{0,40}${BETWEEN}-p`,
  String.raw`sshpass\s+-p\s?`,
  `redis-cli${BETWEEN}-a\\s+`,
  `(?:docker|podman|nerdctl|helm registry) login${BETWEEN}-p\\s+`,
  `mongo[a-z]{0,10}${BETWEEN}-p\\s+`,
  `(?:sqlcmd|bcp)${BETWEEN}-P\\s+`,
  `ldap[a-z]{1,10}${BETWEEN}-w\\s+`,
].join('|');
const SHORT_OPTION = new RegExp(`(\\b(?:${SHORT}))((?!-)${WORD})`, 'g');
/** `smbclient -U user%value`, `sqlplus user/value@host`. */
const JOINED =
  /(\bsmb[a-z]{1,10}\s[^;&|\n]{0,500}?-U\s{0,3}["']?[\w.\\-]{1,60}%|\bsqlplus\s+(?:-\w+\s+){0,5}["']?\w{1,60}\/)([^\s@"'/]+)/g;
/** What a program reads: `echo value | docker login --password-stdin`, `gh auth login --with-token <<< value`. */
const READS_SECRET = String.raw`--?(?:\w{1,20}-){0,2}(?:password|pass|token|secret|key)(?:-stdin|-from-stdin)?(?![\w=-])`;
const PIPED = new RegExp(
  String.raw`(\b(?:echo(?:\s+-n)?|printf(?:\s+["']?%s(?:\\n)?["']?)?)\s+)(${WORD})(?=\s*\|[^|;&\n]{0,500}\s${READS_SECRET})`,
  'g',
);
const HERE = new RegExp(String.raw`(\s${READS_SECRET}[^|;&\n]{0,500}<<<\s*)(${WORD})`, 'g');
const SECURE_STRING = new RegExp(String.raw`(\bConvertTo-SecureString\s+(?:-String\s+)?)(${WORD})`, 'gi');
/** What stands in the place of a password, and is none. */
const MODE =
  /^(?:stdio|sse|localhost|public|private|interactive|device|popup|redirect|silent|sso|google|github|debug|info|warn(?:ing)?|error|utf-?8\w*|latin-?1|json|text|GET|POST)$/i;

/** What takes the place of a password, or the same where it is none. */
type Without = (password: string) => string;

/** A text without the secrets that only their place tells: in calls of code, behind short options, and piped to a program. */
export function inPlaces(text: string, without: Without): string {
  const behind = [LOGIN_CALL, LOGIN_OF, ENCODED, SHORT_OPTION, JOINED, PIPED, HERE, SECURE_STRING];
  return behind.reduce(
    (rest, step) => rest.replace(step, (_, start: string, value: string) => start + quotedWithout(value, without)),
    inConnectCalls(text, without),
  );
}

/** The third text of such a call, behind what may be a user. */
function inConnectCalls(text: string, without: Without): string {
  return text.replace(CONNECT_CALL, (whole, start: string, given: string) => {
    const [, user = '', password = ''] = (given.match(STRING) ?? []).map((string) => string.replace(/^\w*.|.$/g, ''));
    // What is named is told by its name.
    const isNamed = /[=:]\s*["']|=>/.test(given.replace(STRING, '""'));
    if (isNamed || MODE.test(user) || /[.:\s]/.test(user) || /^\d{1,5}$/.test(password)) return whole;
    let count = 0;
    return start + given.replace(STRING, (string) => (++count === 3 ? quotedWithout(string, without) : string));
  });
}

function quotedWithout(word: string, without: Without): string {
  const [, start = '', value = word, end = ''] = /^(\w{0,2}["'])([\s\S]*)(["'])$/.exec(word) ?? [];
  return MODE.test(value) || value.includes('://') ? word : start + without(value) + end;
}
