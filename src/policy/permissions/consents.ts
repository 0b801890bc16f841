import { createHash } from 'node:crypto';
import { abortable } from '../../core/abort.ts';
import { BoundedMap } from '../../core/bounded-map.ts';
import { type CallContext, type Caller, ownerOf, type ToolCall, type ToolResult } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import { writeJson } from '../../core/exact-json.ts';
import { COME_BACK_MS, originOf, type Peer } from '../../core/peer.ts';
import { askPerson } from './ask-person.ts';
import { consumeApproval } from './client-approvals.ts';

const MAX_EXPECTED = 1_000;

/** Consents that a person gave in one client session. */
interface SessionConsents {
  /** Ids of the tools that may be called until the session ends. */
  readonly granted: Set<string>;
  /** Questions that wait for an answer; the key is the id of the tool. */
  readonly open: Map<string, Promise<unknown>>;
}

/** Asks people for consent before a call, and remembers consents that hold for a session. */
export class Consents {
  readonly #dataDirectory: string | undefined;
  readonly #sessions = new WeakMap<Peer, SessionConsents>();
  /**
   * Approved calls that a client may make once more, to bring the answers to its server's questions. Key: `digestOf`;
   * value: time of the question in epoch ms.
   */
  readonly #expected = new BoundedMap<string, number>({
    maxEntries: MAX_EXPECTED,
    age: { maxMs: COME_BACK_MS, since: (askedAt) => askedAt },
  });

  constructor(dataDirectory: string | undefined) {
    this.#dataDirectory = dataDirectory;
  }

  /**
   * Asks for a person's consent to a call; resolves with the time that it took, in ms. Rejects with `FORBIDDEN` when
   * they refuse or nobody can be asked, and with `CANCELLED` when the caller cancels. `rule` is the place of the rule
   * in the configuration.
   */
  async obtain(call: ToolCall, rule: string, context: CallContext): Promise<number> {
    const since = Date.now();
    if (this.#takeExpected(call, context) || (await consumeApproval(this.#dataDirectory, call))) return 0;
    try {
      await this.#consent(call, rule, context);
    } catch (error) {
      if (!context.signal.aborted) throw error;
      throw new GatewayError('CANCELLED', 'the caller cancelled the call', { cause: context.signal.reason });
    }
    return Date.now() - since;
  }

  /** Asks about calls of one tool one at a time: an answer "for this session" settles the others too. */
  async #consent(call: ToolCall, rule: string, { peer, signal }: CallContext): Promise<void> {
    const { granted, open } = this.#consentsOf(peer);
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

  #consentsOf(peer: Peer | undefined): SessionConsents {
    const fresh = { granted: new Set<string>(), open: new Map<string, Promise<unknown>>() };
    if (!peer) return fresh;
    const known = this.#sessions.get(originOf(peer)) ?? fresh;
    this.#sessions.set(originOf(peer), known);
    return known;
  }

  /**
   * Called with the result of an approved call. If its server asks something in the result, a client of 2026-07-28
   * makes the same call again to bring the answers. The consent covers that call too, once, and with the `requestState`
   * of this result.
   */
  answered(call: ToolCall, result: ToolResult, { caller, peer }: CallContext): void {
    if (result.resultType !== 'input_required' || !peer?.takesInputRequired) return;
    this.#expected.set(digestOf(call, caller, result.requestState), Date.now());
  }

  #takeExpected(call: ToolCall, { caller }: CallContext): boolean {
    const { continuation } = call.protocol ?? {};
    if (continuation === undefined || Object.keys(continuation).length === 0) return false;
    const digest = digestOf(call, caller, continuation.requestState);
    const isExpected = this.#expected.get(digest) !== undefined;
    this.#expected.delete(digest);
    return isExpected;
  }
}

function digestOf({ tool, args }: ToolCall, caller: Caller, requestState: unknown): string {
  return createHash('sha256')
    .update(writeJson([ownerOf(caller), tool.id, args, requestState]))
    .digest('base64');
}
