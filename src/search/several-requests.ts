import { type Hit, rank, type Searched, type SearchOutcome } from './rank.ts';
import { requestsIn } from './request.ts';

/** Places among which the best tool of each request stands. */
const FIRST_PLACES = 5;
/** Best tools of each request that join, as far as the first places have room. */
const EACH = 2;

/**
 * Ranks as `rank` does. If the message has several requests, the best tools of each that are not among the first five come to
 * the end of these, in turns; the best one of the whole message stays the first. They keep their fit for their request.
 */
export function rankRequests(query: string, limit: number, searched: Searched): SearchOutcome {
  const requests = requestsIn(query);
  if (requests.length === 0) return rank(query, limit, searched);
  const whole = rank(query, Math.max(limit, FIRST_PLACES), searched);
  const each = requests.map((request) => rank(request, EACH, searched));
  const joining = new Map<string, Hit>();
  for (let place = 0; place < EACH; place++) {
    for (const { hits, found } of each) {
      const hit = hits[place];
      if (hit && found > 0 && joining.size < FIRST_PLACES - 1)
        joining.set(hit.entry.id, joining.get(hit.entry.id) ?? hit);
    }
  }
  const hits = joined(whole.hits, joining);
  const found = Math.max(whole.found, ...each.map((one) => one.found));
  return { found, hits: hits.slice(0, limit), view: whole.view };
}

/** Puts those that join and are not among the first places there, at the cost of the last of these that do not join. */
function joined(hits: readonly Hit[], joining: ReadonlyMap<string, Hit>): Hit[] {
  const [first, ...others] = hits;
  if (!first) return [...joining.values()];
  const isJoining = ({ entry }: Hit) => joining.has(entry.id);
  const near = others.slice(0, FIRST_PLACES - 1);
  const missing = [...joining.values()].filter(
    ({ entry }) => ![first, ...near].some((one) => one.entry.id === entry.id),
  );
  const kept = new Set(
    [...near.filter(isJoining), ...near.filter((one) => !isJoining(one))].slice(0, FIRST_PLACES - 1 - missing.length),
  );
  const top = [first, ...near.filter((one) => kept.has(one)), ...missing];
  const rest = hits.filter((one) => !top.some(({ entry }) => entry.id === one.entry.id));
  return inOrder([...top, ...rest]);
}

/** Lessens scores where needed so that they fall from place to place; a hit of a request counts as near the best. */
function inOrder(hits: readonly Hit[]): Hit[] {
  let least = Number.POSITIVE_INFINITY;
  return hits.map((hit) => {
    least = Math.min(least, hit.score);
    return { ...hit, score: least };
  });
}
