import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** What a member of a document is. */
export type MemberKind = 'text' | 'list' | 'url' | 'number' | 'flag';

/**
 * The known members of a document in the types they should have; what cannot be read as such, and what nobody asks for, is
 * left out: null and "" for what is absent, numbers as text, a list as words and the other way round.
 */
export function members(document: JsonObject, kinds: Readonly<Record<string, MemberKind>>, base: URL): JsonObject {
  const read = Object.entries(kinds).map(([name, kind]) => [name, READ[kind](own(document, name), base)]);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

/** The JSON object of a text; undefined for anything else, such as a page for people. */
export function objectIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const READ: Readonly<Record<MemberKind, (value: unknown, base: URL) => unknown>> = {
  text: (value) => {
    if (typeof value === 'number') return String(value);
    const text = Array.isArray(value) ? words(value).join(' ') : value;
    return typeof text === 'string' && text !== '' ? text : undefined;
  },
  list: (value) => {
    if (typeof value === 'string') return value.split(/[\s,]+/).filter((word) => word !== '');
    return Array.isArray(value) ? words(value) : undefined;
  },
  // As written where it is whole: addresses are compared as texts.
  url: (value, base) => {
    if (typeof value !== 'string' || value === '') return undefined;
    if (URL.canParse(value)) return value;
    return URL.canParse(value, base.href) ? new URL(value, base).href : undefined;
  },
  number: (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
  },
  flag: (value) => (typeof value === 'boolean' ? value : ({ true: true, false: false } as JsonObject)[String(value)]),
};

function words(values: readonly unknown[]): string[] {
  return values.filter((value): value is string => typeof value === 'string' && value !== '');
}

function own(document: JsonObject, name: string): unknown {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}
