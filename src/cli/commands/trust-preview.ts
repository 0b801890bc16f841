import { escaped } from '../../core/escaped.ts';
import { definitionDiff, type PlaceDiff } from '../../policy/trust/definition-diff.ts';
import { partNames } from '../../policy/trust/fingerprint.ts';
import type { DoubtfulTool } from '../../policy/trust/review.ts';
import type { Piece } from '../../policy/trust/text-diff.ts';

/** A server and what is doubtful about it. */
export interface DoubtfulServer {
  readonly server: string;
  readonly isPinned: boolean;
  readonly doubtful: readonly DoubtfulTool[];
  /** Why what was trusted cannot be read; absent: it can. */
  readonly problem?: string | undefined;
}

/** Lines shown of one place at most. */
const MAX_LINES = 60;

/** What changed on a server since it was trusted, for people: invisible characters are shown escaped. */
export function trustPreview({ server, isPinned, doubtful, problem }: DoubtfulServer): string {
  const kinds = Object.entries(KINDS).flatMap(([kind, word]) => {
    const count = doubtful.filter(({ doubt }) => doubt.kind === kind).length;
    return count > 0 ? `${count} ${word}` : [];
  });
  const pin = isPinned ? '; pinned: blocked until trusted' : '';
  const lost =
    problem === undefined ? [] : [`  What was trusted cannot be read (${escaped(problem)}): all of it is shown.`];
  return `${[`${escaped(server)}: ${kinds.join(', ')}${pin}`, ...lost, ...doubtful.flatMap(toolLines)].join('\n')}\n`;
}

const KINDS: Readonly<Partial<Record<DoubtfulTool['doubt']['kind'], string>>> = {
  changed: 'changed',
  new: 'new',
  lost: 'to be trusted anew',
  full: 'more than are kept',
};

function toolLines(tool: DoubtfulTool): string[] {
  const { doubt, changed, before, now, suspicious } = tool;
  const day = new Date(doubt.since ?? Date.now()).toISOString().slice(0, 10);
  const what = doubt.kind === 'changed' ? partNames(changed) : (KINDS[doubt.kind] ?? doubt.kind);
  const head = `  ${doubt.kind === 'changed' ? '~' : '+'} ${escaped(now.name)}: ${what} (seen since ${day})`;
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
