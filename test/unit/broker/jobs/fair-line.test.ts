import { expect, test } from 'vitest';
import { type QueuePosition, WaitingLine } from '../../../../src/broker/jobs/fair-line.ts';

/** Pseudo-random numbers from 0 to 1, the same each time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

const inTurn = (a: QueuePosition, b: QueuePosition) => b.priority - a.priority || a.arrival - b.arrival;

test('the place in the line is that of a sorted list, whoever joins and leaves [load.queue]', () => {
  const random = sequence(7);
  const line = new WaitingLine();
  const waiting: QueuePosition[] = [];
  for (let round = 0; round < 2_000; round++) {
    if (random() < 0.7) waiting.push(line.join(Math.floor(random() * 5) - 2));
    else for (const gone of waiting.splice(Math.floor(random() * waiting.length), 1)) line.leave(gone);
    waiting.sort(inTurn);
    const index = Math.floor(random() * waiting.length);
    const place = waiting[index];
    if (place) expect(line.position(place)).toBe(index + 1);
  }
  expect(waiting.map((place) => line.position(place))).toEqual(waiting.map((_, index) => index + 1));
});

test('a place that was left is none, and leaving it again changes nothing', () => {
  const line = new WaitingLine();
  const [first, second] = [line.join(0), line.join(0)];
  line.leave(first);
  line.leave(first);
  expect([line.position(first), line.position(second)]).toEqual([undefined, 1]);
  expect(line.position(line.join(0))).toBe(2);
});
