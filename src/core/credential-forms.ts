import { blankedAsRead } from './invisible-characters.ts';

/** Matches tokens by the prefixes that their issuers give them, at any place in a text. */
const KNOWN: readonly RegExp[] = [
  /\b(?:gh[opsur]_|github_pat_)[A-Za-z0-9_]{10,}/,
  /\b(?:gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt)-)[\w-]{10,}/,
  /\b(?:sk|pk|rk)[-_](?=[\w-]*[\dA-Z])[\w-]{8,}/,
  /\b(?:xox[abcdeoprs]-|xapp-)[\w-]{8,}/,
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b/,
  /\bAIza[\w-]{20,}/,
  /\bya29\.[\w-]{10,}/,
  /\b(?:npm|hf|gsk|r8|rnd|re|ntn|secret|lin_api|lin_oauth|figd|dop_v1|doo_v1|shp(?:at|ca|pa|ss)|phx|phc|sbp|glsa|glc|whsec|apify_api|jina|tok|nfp|pat|key|cfat|fo1|pscale_tkn|sntry[su]|dckr_pat|atlasv1|mcpgw|api|bb|lsv2_pt|lsv2_sk|tfp|ctp)_(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{16,}/,
  /\b(?:npm|hf)_[A-Za-z]{20,}\b/,
  /\b(?:pypi|xai|tvly|fc|pplx|key|CFPAT|NRAK|NRJS|ctx7sk|pul|sgp|sl|dapi|v1|eu1|na1|tk)-(?=[\w-]*\d)[\w-]{16,}/,
  /\b(?:SG|hvs|hvb|dp\.(?:st|pt|ct)|secret-token:?)\.[\w.-]{10,}/,
  /\b(?:ATATT|ATCTT|ATBB|EAA|BSA|dapi)(?=\w*\d)[\w=-]{16,}/,
  /\b(?:AGE-SECRET-KEY-1[A-Z\d]{10,}|age-secret-key-1[a-z\d]{10,})/,
  /\b(?:lin_(?:api|oauth)_[A-Za-z\d]{10,}|pplx-[A-Za-z\d]{16,}|tvly-(?:dev|prod)-[A-Za-z\d-]{8,})/,
  /\bory_(?:pat|at|st|rt)_[A-Za-z\d]{16,}/,
  /\b[a-z]{2,8}_live_(?=\w*\d)[A-Za-z\d]{10,}/,
  /\bsq0[a-z]{3}-[\w-]{16,}/,
  /\bpat[A-Za-z0-9]{14}\.[0-9a-f]{16,}/,
  /\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)*/,
  /\beyJ[\w+/-]{14,}={0,2}/,
  /(?<!\d)\d{8,10}:[\w-]{30,}/,
  /\b[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}/,
  /-----BEGIN [\s\S]+/,
];

const KNOWN_ANYWHERE = new RegExp(KNOWN.map(({ source }) => source).join('|'), 'g');

/** Returns every token in a text whose prefix is known. */
export function knownTokens(text: string): string[] {
  return text.match(KNOWN_ANYWHERE) ?? [];
}

/** The text that replaces a secret. */
export const BLANK = '[redacted]';

/**
 * Matches credentials by their form alone: a password in an address, a parameter with a name such as `token`,
 * well-known kinds of tokens. Each pattern takes linear time, since servers write these texts: after a match fails, no
 * other begins within the text that it read.
 */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/((?<=[\w+.-]):\/\/[^\s:/@"']*):[^\s@/"']+@/g, `$1:${BLANK}@`],
  [/([?&](?=[\w.-]*?(?:key|token|secret|pass|pwd|auth|signature|jwt))[\w.-]+=)[^&\s"'#]+/gi, `$1${BLANK}`],
  [/\b(bearer|basic) +(?=[^\s"']*\d)[\w.~+/=-]{8,}/gi, `$1 ${BLANK}`],
  [
    /\b(?:[rps]k_(?:live|test)_|(?:hf|npm|gsk)_(?=[A-Za-z\d]{16})|xapp-|AIza)[\w-]{10,}|\b(?:AKIA|ASIA)[A-Z\d]{12,}/g,
    BLANK,
  ],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|sk-|xox[abeoprs]-)[\w-]{16,}/g, BLANK],
  // A JSON Web Token. A match begins only at the start of a word that a dot follows. Within that word, the first `eyJ`
  // gives the longest token.
  [/(?<![\w-])(?=[\w-]+\.[\w-]{8,}\.)([\w-]*?)\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, `$1${BLANK}`],
];

/**
 * Blanks all that has the form of a credential, also if colours or invisible characters stand within it. In linear
 * time.
 */
export function blankForms(text: string): string {
  return blankedAsRead(text, asWritten);
}

function asWritten(text: string): string {
  return FORMS.reduce((masked, [form, blank]) => masked.replace(form, blank), text);
}
