import { createHash } from 'node:crypto';
import { abortable } from '../../core/abort.ts';
import { BoundedMap } from '../../core/bounded-map.ts';
import { type CallContext, type Caller, ownerOf, type ToolCall, type ToolResult } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import { writeJson } from '../../core/exact-json.ts';
import { originOf, type Peer } from '../../core/peer.ts';
import { askPerson } from './ask-person.ts';
import { takeWord } from './client-approvals.ts';

/** How long a client may take to come back with the answers to what a server asked in its result, in ms. */
const CONTINUATION_MS = 15 * 60_000;
const MAX_EXPECTED = 1_000;

/** What a person has said in one client session. */
interface SessionConsents {
  /** Ids of the tools that may be called until the session ends. */
  readonly granted: Set<string>;
  /** Questions that wait for an answer, by the id of the tool. */
  readonly open: Map<string, Promise<unknown>>;
}

/** The consents of people: asked for before a call, remembered for a session where they say so. */
export class Consents {
  readonly #dataDirectory: string | undefined;
  readonly #sessions = new WeakMap<Peer, SessionConsents>();
  /** Epoch ms since which a call is expected once more, with the answers to what its server asked in its result. */
  readonly #expected = new BoundedMap<string, number>({
    maxEntries: MAX_EXPECTED,
    age: { maxMs: CONTINUATION_MS, since: (expectedAt) => expectedAt },
  });

  constructor(dataDirectory: string | undefined) {
    this.#dataDirectory = dataDirectory;
  }

  /**
   * Resolves with the time in ms that it took to get the consent of a person to a call. Rejects with `FORBIDDEN` when they
   * refuse or nobody can be asked, with `CANCELLED` when the caller gives up. `rule` is the place of the rule that wants it.
   */
  async obtain(call: ToolCall, rule: string, context: CallContext): Promise<number> {
    const since = Date.now();
    if (this.#takeExpected(call, context) || (await takeWord(this.#dataDirectory, call))) return 0;
    try {
      await this.#consent(call, rule, context);
    } catch (error) {
      if (!context.signal.aborted) throw error;
      throw new GatewayError('CANCELLED', 'the caller cancelled the call', { cause: context.signal.reason });
    }
    return Date.now() - since;
  }

  /** Calls of one tool are asked about one after the other: the answer to the first may do for the rest. */
  async #consent(call: ToolCall, rule: string, { peer, signal }: CallContext): Promise<void> {
    const { granted, open } = this.#of(peer);
    const { id } = call.tool;
    while (!granted.has(id)) {
      const other = open.get(id);
      if (other) {
        await abortable(other, signal);
        continue;
      }
      const question = askPerson(call, rule, peer, signal).then((consent) => {
        if (consent === 'session') granted.add(id);
      });
      open.set(
        id,
        question.catch(() => {}),
      );
      return question.finally(() => open.delete(id));
    }
  }

  #of(peer: Peer | undefined): SessionConsents {
    const fresh = { granted: new Set<string>(), open: new Map<string, Promise<unknown>>() };
    if (!peer) return fresh;
    const known = this.#sessions.get(originOf(peer)) ?? fresh;
    this.#sessions.set(originOf(peer), known);
    return known;
  }

  /**
   * What came of a call that a person agreed to. Where its server asks something in the result, a client of 2026-07-28 makes
   * the same call again to bring the answers: to that they have agreed, once and with the `requestState` of that result.
   */
  answered(call: ToolCall, result: ToolResult, { caller, peer }: CallContext): void {
    if (result.resultType !== 'input_required' || !peer?.takesInputRequired) return;
    this.#expected.set(markOf(call, caller, result.requestState), Date.now());
  }

  #takeExpected(call: ToolCall, { caller }: CallContext): boolean {
    const { continuation } = call;
    if (continuation === undefined || Object.keys(continuation).length === 0) return false;
    const mark = markOf(call, caller, continuation.requestState);
    const isExpected = this.#expected.get(mark) !== undefined;
    this.#expected.delete(mark);
    return isExpected;
  }
}

function markOf({ tool, args }: ToolCall, caller: Caller, requestState: unknown): string {
  return createHash('sha256')
    .update(writeJson([ownerOf(caller), tool.id, args, requestState]))
    .digest('base64');
}
