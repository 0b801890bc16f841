/** Tokens by the beginnings that their makers give them, wherever they stand. */
const KNOWN: readonly RegExp[] = [
  /\b(?:gh[opsur]_|github_pat_)[A-Za-z0-9_]{10,}/,
  /\b(?:gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt)-)[\w-]{10,}/,
  /\b(?:sk|pk|rk)[-_](?=[\w-]*[\dA-Z])[\w-]{8,}/,
  /\b(?:xox[abceoprs]-|xapp-)[\w-]{8,}/,
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b/,
  /\bAIza[\w-]{20,}/,
  /\bya29\.[\w-]{10,}/,
  /\b(?:npm|hf|gsk|r8|rnd|re|ntn|secret|lin_api|lin_oauth|figd|dop_v1|doo_v1|shp(?:at|ca|pa|ss)|phx|phc|sbp|glsa|glc|whsec|apify_api|jina|tok|nfp|pat|key|cfat|fo1|pscale_tkn|sntry[su]|dckr_pat|atlasv1|mcpgw|api|bb|lsv2_pt|lsv2_sk|tfp|ctp)_(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{16,}/,
  /\b(?:npm|hf)_[A-Za-z]{20,}\b/,
  /\b(?:pypi|xai|tvly|fc|pplx|key|CFPAT|NRAK|NRJS|ctx7sk|pul|sgp|sl|dapi|v1|eu1|na1|tk)-(?=[\w-]*\d)[\w-]{16,}/,
  /\b(?:SG|hvs|hvb|dp\.(?:st|pt|ct)|secret-token:?)\.[\w.-]{10,}/,
  /\b(?:ATATT|ATCTT|ATBB|EAA|BSA|dapi)(?=\w*\d)[\w=-]{16,}/,
  /\bsq0[a-z]{3}-[\w-]{16,}/,
  /\bpat[A-Za-z0-9]{14}\.[0-9a-f]{16,}/,
  /\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)*/,
  /\beyJ[\w+/-]{14,}={0,2}/,
  /(?<!\d)\d{8,10}:[\w-]{30,}/,
  /\b[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}/,
  /-----BEGIN [\s\S]+/,
];

const KNOWN_ANYWHERE = new RegExp(KNOWN.map(({ source }) => source).join('|'), 'g');

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Digests, which pin what is run: `image@sha256:…`. */
const DIGEST = /^(?:sha(?:1|256|384|512))[:=-]/i;

/** Every token in a text that is known by its beginning. */
export function knownTokens(text: string): string[] {
  return text.match(KNOWN_ANYWHERE) ?? [];
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * Whether a word of at least so many characters looks drawn by lot: letters and digits, or cases, that change all the time.
 * Words of people do not: `claude-3-5-sonnet-20241022`, `getUserById`, `1.2.3-beta.4`.
 */
export function looksRandom(word: string, least = 20): boolean {
  const text = word.replace(/[-_.~+/=%]/g, '');
  if (text.length < least || DIGEST.test(word) || isUuid(word) || /[^A-Za-z\d]/.test(text)) return false;
  if (/^[0-9a-f]+$/i.test(text))
    return text.length >= Math.max(least, 24)
      ? /\d/.test(text) && /[a-f]/i.test(text)
      : changes(text) >= text.length * 0.3;
  // Of a word with a capital the capital says nothing.
  const level = text.replace(/[A-Z](?=[a-z]{2})/g, (letter) => letter.toLowerCase());
  return changes(level) >= level.length * (/\d/.test(text) ? 0.27 : 0.42);
}

/** How often a letter follows a digit, a capital a small one, and the reverse. */
function changes(text: string): number {
  const kinds = [...text].map((letter) => (/\d/.test(letter) ? 'digit' : /[a-z]/.test(letter) ? 'small' : 'capital'));
  return kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
}
