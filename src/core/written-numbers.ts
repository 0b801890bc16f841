import type { Scalar } from 'yaml';
import { setNumber } from './exact-json.ts';

/** A number in a tree that is being read. */
export class WrittenNumber {
  readonly text: string;
  readonly value: number;

  constructor(text: string, value: number) {
    this.text = text;
    this.value = value;
  }
}

/** For a visit of a YAML document: each number as it is written, also where it is the name of a member. */
export function writtenNumber(key: unknown, scalar: Scalar): void {
  if (typeof scalar.value !== 'number' || scalar.source === undefined) return;
  scalar.value = key === 'key' ? scalar.source : new WrittenNumber(scalar.source, scalar.value);
}

/** A tree with plain numbers, whose holders keep what `3.10` was written as: a variable of that value is no `3.1`. */
export function withNumberTexts(root: unknown): unknown {
  const holder = { root };
  const seen = new Set<object>();
  const waiting: object[] = [holder];
  for (let each = waiting.pop(); each; each = waiting.pop()) {
    // An alias of YAML may be within its own anchor.
    if (seen.has(each)) continue;
    seen.add(each);
    for (const [key, member] of Object.entries(each)) {
      if (member instanceof WrittenNumber) setNumber(each, key, member.value, member.text);
      else if (typeof member === 'object' && member !== null) waiting.push(member);
    }
  }
  return holder.root;
}
