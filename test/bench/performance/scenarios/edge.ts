import { type Contestant, enter, startGenerator } from '../../http/contest.ts';
import { oursOf, PARTICIPANTS } from '../../http/participants.ts';
import { installPeers } from '../../http/peers.ts';
import { THIS } from '../builds.ts';
import { medians } from '../row.ts';
import { scenario } from '../scenario.ts';
import { inTurn, type Round, ratios } from '../statistics.ts';

const SESSIONS = 8;
const IN_FLIGHT = 32;
const CALLS = 4000;
const WARM_UP_CALLS = 5000;
const RELAY = PARTICIPANTS.filter(({ name }) => name === 'relay');
const PEERS = PARTICIPANTS.filter(({ kind }) => kind === 'peer');

type Rates = Round & { readonly ours: number; readonly relay: number };

/** Calls per second at `/mcp` with 32 in flight. The best peer is compared with this build only: a change of ours cannot change it. */
export const edge = scenario({
  name: 'edge',
  rounds: 6,
  async open(lab, build) {
    const peers = build === THIS ? peersOrNone() : { found: [], missing: '' };
    const generator = startGenerator(lab);
    const contestants: Contestant[] = [];
    for (const each of [oursOf(build.bin), ...RELAY, ...peers.found])
      contestants.push(await enter(lab, generator, each, SESSIONS));
    for (const { run } of contestants) await run(IN_FLIGHT, WARM_UP_CALLS);
    const round = async (index: number) => {
      const rates: Record<string, number> = {};
      for (const { participant, run } of inTurn(contestants, index))
        rates[participant.name] = (await run(IN_FLIGHT, CALLS)).rate;
      return { rates: { ours: NaN, relay: NaN, ...rates }, missing: peers.missing };
    };
    return { round, close: async () => void (await Promise.all(contestants.map(({ stop }) => stop()))) };
  },
  rows(rounds) {
    const rates: Rates[] = rounds.map((round) => round.rates);
    const compared = {
      unit: '/s',
      values: rates.map(({ ours }) => ours),
      control: rates.map(({ relay }) => relay),
    } as const;
    return [
      {
        label: `HTTP edge with ${IN_FLIGHT} in flight, against the best peer`,
        unit: '×',
        values: rates.flatMap((round) => againstBestPeer(round)),
        earlier: 3.1,
        goal: { atLeast: 5 },
        beside: rounds[0]?.missing || medians(rates, '/s'),
        compared,
      },
      {
        label: '… against a bare `node:http` relay',
        unit: '×',
        values: ratios(rates, 'ours', 'relay'),
        goal: { atLeast: 0.7 },
        compared,
      },
    ];
  },
});

/** Nothing where no peer was measured. */
function againstBestPeer({ ours, relay, ...peers }: Rates): number[] {
  const best = Math.max(...Object.values(peers));
  return best > 0 ? [ours / best] : [];
}

/** The peers, installed; or why they are not here. */
function peersOrNone() {
  try {
    installPeers();
    return { found: PEERS, missing: '' };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return { found: [], missing: `peers are not here: ${reason}` };
  }
}
