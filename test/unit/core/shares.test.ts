import { expect, test } from 'vitest';
import { FairLine } from '../../../src/broker/jobs/fair-line.ts';
import { ResultRoom, ResultStore } from '../../../src/broker/results/result-store.ts';
import { callerIdOf, ownerOf } from '../../../src/core/call.ts';
import { Places, Shares, shareOf } from '../../../src/core/fair-shares.ts';

test('somebody alone may have all; where others may come a quarter of what is left stays free [shares.reserve]', () => {
  expect([0, 1, 3, 100].map((whole) => shareOf(whole, { others: 0, isShared: false }))).toEqual([0, 1, 3, 100]);
  expect([0, 1, 2, 3, 4, 100].map((whole) => shareOf(whole, { others: 0, isShared: true }))).toEqual([
    0, 1, 1, 2, 3, 75,
  ]);
  expect(shareOf(100, { others: 75, isShared: true })).toBe(18);
  expect(shareOf(3, { others: 2, isShared: true })).toBe(1);
  expect(shareOf(3, { others: 5, isShared: true })).toBe(0);
});

test('what has to go is the oldest of whoever has the most, never what came last [shares.kept]', () => {
  const shares = new Shares<string>();
  const dropped = () => shares.drop()?.item;
  shares.add('alice', 'a1');
  for (const item of ['m1', 'm2', 'm3']) shares.add('mallory', item);
  shares.add('alice', 'a2');
  expect([dropped(), dropped(), dropped()]).toEqual(['m1', 'a1', 'm2']);
  expect(shares.count).toBe(2);
  const large = new Shares<string>();
  large.add('alice', 'a', 5);
  large.add('mallory', 'm', 60);
  expect(large.drop(), 'the latest, of the one with the most').toBeUndefined();
  large.add('alice', 'a2', 1);
  expect(large.drop()?.item).toBe('m');
  expect(large.size).toBe(6);
});

test('with many owners nobody loses much before whoever has the most does [shares.kept]', () => {
  const shares = new Shares<string>();
  for (let owner = 0; owner < 1_000; owner++) shares.add(`o${owner}`, `o${owner}`);
  const lost = new Set<string>();
  for (let index = 0; index < 20_000; index++) {
    shares.add('mallory', 'm');
    const dropped = shares.drop();
    if (dropped && dropped.owner !== 'mallory') lost.add(dropped.owner);
  }
  expect(shares.count).toBe(1_000);
  // What mallory holds at last is a share like any other's: it never grows at their cost.
  expect(lost.size).toBeLessThanOrEqual(2);
});

test('what is removed is gone once, also out of the middle [shares.kept]', () => {
  const shares = new Shares<number>();
  const kept = [1, 2, 3].map((item) => shares.add('a', item, item));
  for (const each of [kept[1], kept[1], kept[0]]) if (each) shares.remove(each);
  expect([shares.count, shares.size, kept[0]?.isGone, kept[2]?.isGone]).toEqual([1, 3, true, false]);
  if (kept[2]) shares.remove(kept[2]);
  expect([shares.count, shares.size, shares.drop()]).toEqual([0, 0, undefined]);
});

test('places: one caller leaves room, and each is given back once [shares.reserve]', () => {
  const places = new Places(
    () => 4,
    () => true,
  );
  const mine = [];
  while (places.hasRoomFor('mallory')) mine.push(places.take('mallory'));
  expect(mine).toHaveLength(3);
  expect(places.hasRoomFor('alice')).toBe(true);
  places.take('alice');
  expect(places.hasRoomFor('bob')).toBe(false);
  mine[0]?.();
  mine[0]?.();
  expect([places.taken, places.hasRoomFor('bob'), places.hasRoomFor('mallory')]).toEqual([3, true, false]);
});

test('callers take turns, each with its own order, and a place tells how many come before [shares.turns]', () => {
  const line = new FairLine<string>();
  const joined = [
    ...['m1', 'm2', 'm3'].map((item) => line.join('mallory', 1e9, item)),
    line.join('alice', 0, 'a1'),
    line.join('alice', 5, 'a2'),
    line.join('bob', -1, 'b1'),
  ];
  const positions = joined.map((place) => [place.item, line.position(place) ?? 0] as const);
  const order = [];
  for (let next = line.take(() => true); next; next = line.take(() => true)) order.push(next.item);
  expect(order).toEqual(['m1', 'a2', 'b1', 'm2', 'a1', 'm3']);
  expect(positions.sort((one, other) => one[1] - other[1]).map(([item]) => item)).toEqual(order);
  expect(line.size).toBe(0);
});

test('who may not is passed over, and comes first when it may [shares.turns]', () => {
  const line = new FairLine<string>();
  for (const item of ['m1', 'm2']) line.join('mallory', 0, item);
  const gone = line.join('alice', 0, 'a1');
  line.join('alice', 0, 'a2');
  line.leave(gone);
  line.leave(gone);
  expect(line.take((owner) => owner !== 'mallory')?.item).toBe('a2');
  expect(line.take(() => true)?.item).toBe('m1');
  expect([line.position(gone), line.size, line.sizeOf('mallory')]).toEqual([undefined, 1, 1]);
});

test('kept results share one room: of what is too much the caller with the most loses [shares.results]', () => {
  const room = new ResultRoom(() => 100);
  const storeOf = (caller: string) => new ResultStore({ room, caller, maxLineBytes: 10_000 });
  const [alice, mallory, another] = [storeOf('alice'), storeOf('mallory'), storeOf('mallory')];
  const own = alice.keep('x'.repeat(20)).id;
  const first = mallory.keep('y'.repeat(50)).id;
  const second = another.keep('z'.repeat(60)).id;
  expect([alice.has(own), mallory.has(first), another.has(second)]).toEqual([true, false, true]);
  another.close();
  expect(another.has(second)).toBe(false);
  const large = mallory.keep('w'.repeat(80)).id;
  expect([alice.has(own), mallory.has(large)], 'room was given back').toEqual([true, true]);
});

test('bounds are of callers, whatever sessions they have [shares.reserve]', () => {
  for (const caller of [
    { id: 'a', roles: [] },
    { id: 'a', roles: [], session: 's1' },
  ])
    expect(callerIdOf(ownerOf(caller))).toBe('a');
});
