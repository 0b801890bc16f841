/** How an expression of a template expands: what it starts with, and which characters it cannot hold. */
interface Expression {
  readonly first: string;
  readonly excluded: string;
}

/** RFC 6570, levels 1 to 3. More is taken than strict expansion makes: clients rarely encode. */
const OPERATORS: Readonly<Record<string, Expression>> = {
  '+': { first: '', excluded: '' },
  '#': { first: '#', excluded: '' },
  '.': { first: '.', excluded: '/' },
  '/': { first: '/', excluded: '?#' },
  ';': { first: ';', excluded: '/?#' },
  '?': { first: '?', excluded: '#' },
  '&': { first: '&', excluded: '#' },
};
const SIMPLE: Expression = { first: '', excluded: '/' };

/** Whether a template says the scheme of its URIs: one that does not fits what any server has. */
export function hasScheme(template: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(template);
}

/** Longest URI that a client may ask for, in characters: that of any request over HTTP is shorter. */
export const MAX_URI_CHARS = 65_536;

/** Whether a URI begins as all expansions of a template do: much less work than to match it. */
export function beginsAlike(template: string, uri: string): boolean {
  const open = template.indexOf('{');
  return withPlainScheme(uri).startsWith(withPlainScheme(open < 0 ? template : template.slice(0, open)));
}

/**
 * The length of the literal text that a template starts with, if the URI may be an expansion of it; else undefined. Takes at
 * most as many steps as the product of their lengths.
 */
export function matchUriTemplate(written: string, asked: string): number | undefined {
  const [template, uri] = [withPlainScheme(written), withPlainScheme(asked)];
  // Literal texts at even places, expressions at odd ones.
  const parts = template.split(/\{([^{}]*)\}/);
  const [prefix = ''] = parts;
  if (!uri.startsWith(prefix) || !uri.endsWith(parts.at(-1) ?? '')) return undefined;
  // Every end that the parts so far can have in the URI: a regular expression would back up.
  let ends = new Uint8Array(uri.length + 1);
  ends[prefix.length] = 1;
  for (const [index, part] of parts.entries()) {
    if (index === 0) continue;
    ends =
      index % 2 === 0 ? afterLiteral(uri, ends, part) : afterExpression(uri, ends, OPERATORS[part[0] ?? ''] ?? SIMPLE);
    if (!ends.includes(1)) return undefined;
  }
  return ends[uri.length] === 1 ? prefix.length : undefined;
}

/** Schemes are the same in capitals and small letters. */
export function withPlainScheme(uri: string): string {
  return uri.replace(/^[A-Za-z][A-Za-z0-9+.-]*:/, (scheme) => scheme.toLowerCase());
}

/** Which places of a URI something may end at: 1, else 0. */
type Ends = Uint8Array<ArrayBuffer>;

function afterLiteral(uri: string, starts: Ends, literal: string): Ends {
  if (literal === '') return starts;
  const ends = new Uint8Array(starts.length);
  for (let start = starts.indexOf(1); start >= 0; start = starts.indexOf(1, start + 1))
    if (uri.startsWith(literal, start)) ends[start + literal.length] = 1;
  return ends;
}

function afterExpression(uri: string, starts: Ends, { first, excluded }: Expression): Ends {
  // An expression with an operator expands to nothing where its variables are undefined.
  const ends = first ? starts.slice() : new Uint8Array(starts.length);
  let isInside = false;
  for (let at = 0; at <= uri.length; at++) {
    const begins = first ? at > 0 && starts[at - 1] === 1 && uri[at - 1] === first : starts[at] === 1;
    if (isInside || (begins && first)) ends[at] = 1;
    isInside = (isInside || begins) && !excluded.includes(uri.charAt(at));
  }
  return ends;
}
