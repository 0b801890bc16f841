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

/** The length of the literal text that a template starts with, if the URI may be an expansion of it; else undefined. */
export function matchUriTemplate(written: string, asked: string): number | undefined {
  const [template, uri] = [withPlainScheme(written), withPlainScheme(asked)];
  // Literal texts at even places, expressions at odd ones.
  const parts = template.split(/\{([^{}]*)\}/);
  const [prefix = ''] = parts;
  // Every end that the parts so far can have in the URI: linear in time where a regular expression would back up.
  let ends = new Set([0]);
  for (const [index, part] of parts.entries()) {
    ends =
      index % 2 === 0 ? afterLiteral(uri, ends, part) : afterExpression(uri, ends, OPERATORS[part[0] ?? ''] ?? SIMPLE);
    if (ends.size === 0) return undefined;
  }
  return ends.has(uri.length) ? prefix.length : undefined;
}

/** Schemes are the same in capitals and small letters. */
export function withPlainScheme(uri: string): string {
  return uri.replace(/^[A-Za-z][A-Za-z0-9+.-]*:/, (scheme) => scheme.toLowerCase());
}

function afterLiteral(uri: string, starts: ReadonlySet<number>, literal: string): Set<number> {
  const found = [...starts].filter((start) => uri.startsWith(literal, start));
  return new Set(found.map((start) => start + literal.length));
}

function afterExpression(uri: string, starts: ReadonlySet<number>, { first, excluded }: Expression): Set<number> {
  const ends = new Set<number>();
  for (const start of starts) {
    if (!uri.startsWith(first, start)) continue;
    let end = start + first.length;
    if (first) ends.add(end);
    while (end < uri.length && !ends.has(end + 1) && !excluded.includes(uri.charAt(end))) ends.add(++end);
  }
  // An expression with an operator expands to nothing where its variables are undefined.
  return first ? new Set([...starts, ...ends]) : ends;
}
