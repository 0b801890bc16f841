import { createHash } from 'node:crypto';

/** The items in an order that depends on the seed and their names alone, so that one more of them moves no other. */
export function shuffled<T>(items: readonly T[], nameOf: (item: T) => string, seed: string): T[] {
  const ranked = items.map((item) => ({ item, rank: digest(`${seed} ${nameOf(item)}`) }));
  return ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ item }) => item);
}

/** Sixteen hexadecimal digits that stand for a text. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** The items by what they have in common, in their order. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const own = groups.get(key);
    if (own) own.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** The first item of each key. */
export function firstOfEach<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...groupBy(items, keyOf).values()].flatMap(([first]) => first ?? []);
}
