import { createHash } from 'node:crypto';
import type { LabelledData, LabelledQuery } from './data.ts';

/** A labelled query with the part that it plays: who wrote it, and what its source is left out together with. */
export interface SourcedQuery extends LabelledQuery {
  /** Its set, or `<set>, no server` for a query without the server's name. */
  readonly source: string;
  /** Sources that share writers or texts: all of a family are left out of a fit together. */
  readonly family: string;
  /** True if weights may be fitted on it. */
  readonly fits: boolean;
  /** True if figures may be reported on it, by weights that were fitted without its family. */
  readonly reports: boolean;
}

/** Data of which one half of the queries takes part in fitting, and the other half in reports. */
const HALVED: readonly string[] = ['bfcl', 'seal'];
const NO_SERVER = ', no server';

/** Returns all queries of a folder, and those again without their server's name that were written without it. */
export function sourced({ name, queries }: LabelledData): SourcedQuery[] {
  const bare = queries.flatMap((one) => (one.raw ? [{ ...one, source: one.set + NO_SERVER, query: one.raw }] : []));
  return [...queries.map((one) => ({ ...one, source: one.set })), ...bare].map((one) => {
    const isHalved = HALVED.includes(name);
    const isEven = createHash('sha1').update(one.id).digest().readUInt8() % 2 === 0;
    return { ...one, family: isHalved ? name : one.set, fits: !isHalved || isEven, reports: !isHalved || !isEven };
  });
}

/** True for sources whose queries hold several needs: they stay out of means. */
export function isApart(source: string): boolean {
  return /-(?:task|multi)(?:,|$)/.test(source);
}

/** True for sources of queries without their server's name. */
export function isBare(source: string): boolean {
  return source.endsWith(NO_SERVER);
}

/** Returns the items by a key, in the order in which the keys first come. */
export function groupedBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const own = groups.get(key(item));
    if (own) own.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
