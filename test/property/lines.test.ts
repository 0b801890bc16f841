import fc from 'fast-check';
import './seed.ts';
import { expect, test } from 'vitest';
import { createLineSplitter } from '../../src/platform/line-framing.ts';

const MAX_BYTES = 12;

/** Bytes rich in line breaks, halves of characters and blanks. */
const bytes = fc
  .array(fc.oneof(fc.constantFrom(10, 13, 32, 0x61, 0xc3, 0xa9, 0xf0, 0), fc.nat(255)), { maxLength: 200 })
  .map((list) => Buffer.from(list));

function linesOf(chunks: readonly Buffer[]): (string | null)[] {
  const lines: (string | null)[] = [];
  const split = createLineSplitter({
    maxBytes: MAX_BYTES,
    onLine: (line) => lines.push(line),
    onOverflow: () => lines.push(null),
  });
  for (const chunk of chunks) split(chunk);
  return lines;
}

/** What the contract says of complete lines, said plainly; null stands for a line that was too long. */
function expected(all: Buffer): (string | null)[] {
  const lines = all.toString('latin1').split('\n').slice(0, -1);
  return lines
    .map((line) => (line.length > MAX_BYTES ? null : Buffer.from(line, 'latin1').toString('utf8').trim()))
    .filter((line) => line !== '');
}

test('bytes make the same lines however they are cut [properties.lines]', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(200), { maxLength: 8 }), (all, cuts) => {
      const ends = [...cuts.filter((cut) => cut < all.length), all.length].toSorted((a, b) => a - b);
      const chunks = ends.map((end, index) => all.subarray(ends[index - 1] ?? 0, end));
      expect(linesOf(chunks)).toEqual(expected(all));
    }),
    { numRuns: 2_000 },
  );
});
