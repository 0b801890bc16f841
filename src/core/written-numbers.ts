import type { Scalar } from 'yaml';
import { setNumber } from './exact-json.ts';

/** A number in a tree that is being read: its value, and its text in the file. */
export class WrittenNumber {
  readonly text: string;
  readonly value: number;

  constructor(text: string, value: number) {
    this.text = text;
    this.value = value;
  }
}

/**
 * Visits a scalar of a YAML document: replaces a number by its `WrittenNumber`, or by its text if it is the name of a
 * member.
 */
export function writtenNumber(key: unknown, scalar: Scalar): void {
  if (typeof scalar.value !== 'number' || scalar.source === undefined) return;
  scalar.value = key === 'key' ? scalar.source : new WrittenNumber(scalar.source, scalar.value);
}

/**
 * Replaces each `WrittenNumber` in a tree by a plain number and keeps its text, so that a variable with the value
 * `3.10` does not become `3.1`.
 */
export function withNumberTexts(root: unknown): unknown {
  const holder = { root };
  const seen = new Set<object>();
  const waiting: object[] = [holder];
  for (let each = waiting.pop(); each; each = waiting.pop()) {
    // An alias of YAML may lie within its own anchor, so the tree may have cycles.
    if (seen.has(each)) continue;
    seen.add(each);
    for (const [key, member] of Object.entries(each)) {
      if (member instanceof WrittenNumber) setNumber(each, key, member.value, member.text);
      else if (typeof member === 'object' && member !== null) waiting.push(member);
    }
  }
  return holder.root;
}
