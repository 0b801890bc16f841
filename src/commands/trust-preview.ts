import { definitionDiff, type PlaceDiff } from '../trust/definition-diff.ts';
import { escaped } from '../trust/escaped.ts';
import { partNames } from '../trust/fingerprint.ts';
import type { DoubtfulTool } from '../trust/review.ts';
import type { Piece } from '../trust/text-diff.ts';

/** A server and what is doubtful about it. */
export interface DoubtfulServer {
  readonly server: string;
  readonly isPinned: boolean;
  readonly doubtful: readonly DoubtfulTool[];
}

/** Lines shown of one place at most. */
const MAX_LINES = 60;

/** What changed on a server since it was trusted, for people: invisible characters are shown escaped. */
export function trustPreview({ server, isPinned, doubtful }: DoubtfulServer): string {
  const kinds = (['changed', 'new'] as const).flatMap((kind) => {
    const count = doubtful.filter(({ doubt }) => doubt.kind === kind).length;
    return count > 0 ? `${count} ${kind}` : [];
  });
  const pin = isPinned ? '; pinned: blocked until trusted' : '';
  return `${[`${escaped(server)}: ${kinds.join(', ')}${pin}`, ...doubtful.flatMap(toolLines)].join('\n')}\n`;
}

function toolLines(tool: DoubtfulTool): string[] {
  const { doubt, changed, before, now, suspicious } = tool;
  const day = new Date(doubt.since ?? Date.now()).toISOString().slice(0, 10);
  const what = doubt.kind === 'new' ? 'new' : partNames(changed);
  const head = `  ${doubt.kind === 'new' ? '+' : '~'} ${escaped(now.name)}: ${what} (seen since ${day})`;
  const isLost = doubt.kind === 'changed' && before === undefined;
  const places = definitionDiff(before, now);
  return [
    head,
    ...(isLost ? ['      (the old text was not kept: all of it is shown)'] : []),
    ...places.flatMap(placeLines),
    ...suspicious.map((sentence) => `      ! ${escaped(sentence)}`),
  ];
}

function placeLines({ place, pieces }: PlaceDiff): string[] {
  const lines = shortened(pieces).map(({ mark, text }) => `        ${mark} ${escaped(text).replace(/\n/g, ' ')}`);
  const more = lines.length - MAX_LINES;
  return [
    `      ${escaped(place)}`,
    ...lines.slice(0, MAX_LINES),
    ...(more > 0 ? [`          … ${more} more (--json has all)`] : []),
  ];
}

/** What is the same stands only beside what is not. */
function shortened(pieces: readonly Piece[]): readonly Piece[] {
  const isNews = (at: number) => (pieces[at]?.mark ?? ' ') !== ' ';
  return pieces.flatMap((piece, at) => {
    if (isNews(at - 1) || isNews(at) || isNews(at + 1)) return [piece];
    return isNews(at + 2) || at === pieces.length - 1 ? [{ mark: ' ' as const, text: '…' }] : [];
  });
}
