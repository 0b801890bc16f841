import type { JsonObject } from '../../core/json.ts';
import type { ToolEntry } from '../../core/tool.ts';
import { definitionTokens, textTokens } from '../../policy/stats/definition-tokens.ts';
import { type Finding, notesOn } from './finding.ts';

/** Tokens that clients send with every request: with all servers directly, and with the gateway. */
export interface TokenBill {
  readonly direct: number;
  readonly gateway: number;
  /** By key: what each would cost directly. */
  readonly servers: Readonly<Record<string, number>>;
}

/** The bill of all known tools; ours are the meta-tools and the instructions. */
export function tokenBill(
  tools: readonly ToolEntry[],
  ours: { readonly tools: readonly JsonObject[]; readonly instructions: string },
): TokenBill {
  const keys = [...new Set(tools.map(({ server }) => server))];
  const servers = keys.map((key): [string, number] => {
    const own = tools.filter(({ server }) => server === key).map(({ definition }) => definition);
    return [key, definitionTokens(own)];
  });
  const direct = servers.reduce((sum, [, tokens]) => sum + tokens, 0);
  const gateway = definitionTokens(ours.tools) + textTokens(ours.instructions);
  return { direct, gateway, servers: Object.fromEntries(servers) };
}

/** What that comes to. */
export function checkTokens({ direct, gateway }: TokenBill, tools: number): readonly Finding[] {
  const notes = notesOn('tokens');
  if (tools === 0) return [];
  const [before, now] = [direct, gateway].map((tokens) => tokens.toLocaleString('en'));
  const saved = Math.round(100 * (1 - gateway / direct));
  const comparison = direct > gateway ? `${saved} % less` : 'more: the gateway pays off from more tools on';
  notes.ok(
    `${tools} tools`,
    `would cost about ${before} tokens directly and cost ${now} through the gateway: ${comparison}`,
  );
  return notes.findings;
}
