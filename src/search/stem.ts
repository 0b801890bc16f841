const MIN_STEM_CHARS = 3;

/** Endings by length, longest first, and what takes their place. */
const ENDINGS: readonly (readonly [ending: string, replacement: string])[] = [
  ['izations', 'iz'],
  ['ization', 'iz'],
  ['ations', ''],
  ['ation', ''],
  ['ators', ''],
  ['ator', ''],
  ['ments', ''],
  ['ment', ''],
  ['ions', ''],
  ['ion', ''],
  ['ating', ''],
  ['ings', ''],
  ['ing', ''],
  ['ated', ''],
  ['ates', ''],
  ['ate', ''],
  ['ies', 'i'],
  ['ied', 'i'],
  ['ers', ''],
  ['ors', ''],
  ['er', ''],
  ['or', ''],
  ['ed', ''],
  ['es', ''],
  ['s', ''],
  ['e', ''],
  ['y', 'i'],
];

/**
 * What the forms of an English word have in common (create, creates, creating, creation → cre); meant for finding
 * forms of a word, not for showing.
 */
export function stem(word: string): string {
  if (isShortPlural(word)) return word.slice(0, -1);
  if (word.length <= MIN_STEM_CHARS || !/^[a-z]+$/.test(word) || /(?:ss|us|is)$/.test(word)) return word;
  const found = ENDINGS.find(([ending]) => word.endsWith(ending) && hasStem(word.slice(0, -ending.length)));
  return found ? undouble(word.slice(0, -found[0].length) + found[1]) : word;
}

// At least three letters with a vowel among them, or `string` would be a form of `str`.
function hasStem(rest: string): boolean {
  return rest.length >= MIN_STEM_CHARS && /[aeiouy]/.test(rest);
}

function undouble(word: string): string {
  return /([bdfgmnprt])\1$/.test(word) ? word.slice(0, -1) : word;
}

/** Words of three or four letters whose s is no plural. */
const SINGULAR = new Set(
  (
    'aws dns tls css ios gps sms dos ops os nfs rss cms lts gcs ecs eks rds sqs sns aks gas has was its yes bus his ' +
    'this axis iris plus thus bias less https'
  ).split(' '),
);

/** Plurals that are too short for the endings, or end as singulars do: prs, ids, urls, apis, gpus, msgs. */
function isShortPlural(word: string): boolean {
  return /^[a-z]{2,3}s$/.test(word) && !word.endsWith('ss') && !SINGULAR.has(word);
}
