import { escapeRegExp } from '../../core/glob.ts';

/** Areas of the examination, in the order of the report. */
export const AREAS = ['configuration', 'servers', 'names', 'trust', 'clients', 'installation', 'tokens'] as const;

/** `ok` describes a state that needs no action. */
export type Level = 'ok' | 'warning' | 'error';

/** The result of one check. Never holds a secret; its texts may contain texts of servers and other programs. */
export interface Finding {
  readonly area: (typeof AREAS)[number];
  readonly level: Level;
  /** Names a server, a tool, a client, or a file and a place in it. */
  readonly place: string;
  /** The problem, or for `ok` the state. */
  readonly cause: string;
  /** Advice; absent only for `ok`. */
  readonly cure?: string;
}

/** Collects the findings of one area. */
export interface Notes {
  readonly findings: Finding[];
  ok(place: string, cause: string): void;
  warning(place: string, cause: string, cure: string): void;
  error(place: string, cause: string, cure: string): void;
}

export function notesOn(area: Finding['area']): Notes {
  const findings: Finding[] = [];
  return {
    findings,
    ok: (place, cause) => findings.push({ area, level: 'ok', place, cause }),
    warning: (place, cause, cure) => findings.push({ area, level: 'warning', place, cause, cure }),
    error: (place, cause, cure) => findings.push({ area, level: 'error', place, cause, cure }),
  };
}

/** Greatest number of places that one grouped finding names. */
const MAX_PLACES = 10;

/** Joins findings that have the same cause and cure in different places: ten servers may lack one program. */
export function grouped(findings: readonly Finding[]): readonly Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const { area, level, place, cause } = finding;
    const { cause: fact, cure } = anywhere(finding);
    const key = JSON.stringify(level === 'ok' ? [area, place, cause] : [area, level, fact, cure]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map((group) => {
    const [first, ...others] = group as [Finding, ...Finding[]];
    const isSame = others.every(({ cause, cure }) => cause === first.cause && cure === first.cure);
    const places = [...new Set(group.map(({ place }) => place))];
    return { ...(isSame ? first : anywhere(first)), place: listed(places, MAX_PLACES) };
  });
}

/** Returns the finding with `<name>` in place of its own place in cause and cure. */
function anywhere(finding: Finding): Finding {
  const { place, cause, cure } = finding;
  const name = escapeRegExp(place);
  const word = new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'g');
  const without = (text: string) => text.replace(word, () => '<name>');
  return { ...finding, cause: without(cause), ...(cure !== undefined && { cure: without(cure) }) };
}

/** Lists names as `a`, `a and b`, or `a, b and 3 more`. */
export function listed(names: readonly string[], most = 5): string {
  const more = names.length - most;
  const parts = more > 1 ? [...names.slice(0, most), `${more} more`] : names;
  const last = parts.at(-1) ?? '';
  return parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${last}` : last;
}
