import { readFileSync, writeFileSync } from 'node:fs';

/** Replaces what stands in a Markdown file between `<!-- name: begin -->` and `<!-- name: end -->`; throws without these. */
export function writeBetweenMarkers(file: string, name: string, text: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [before, rest] = halves(readFileSync(file, 'utf8'), begin);
  const [, after] = halves(rest, end);
  writeFileSync(file, `${before}${begin}\n\n${text}\n\n${end}${after}`);
}

function halves(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`there is no ${marker} in it`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}
