import { createHash } from 'node:crypto';
import { abortable } from '../core/abort.ts';
import { type CallContext, ownerOf, type ToolCall } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import { writeJson } from '../core/exact-json.ts';
import { originOf, type Peer } from '../core/peer.ts';
import { askPerson } from './ask-person.ts';
import { takeWord } from './asked-by-client.ts';

/** How long a client may take to come back with the answers to what a server asked in its result, in ms. */
const CONTINUATION_MS = 15 * 60_000;
const MAX_CONTINUED = 1_000;

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
  /** Calls that may be made again with the answers to questions of their server, and until when (epoch ms). */
  readonly #continued = new Map<string, number>();

  constructor(dataDirectory: string | undefined) {
    this.#dataDirectory = dataDirectory;
  }

  /**
   * Resolves with the time in ms that it took to get the consent of a person to a call. Rejects with `FORBIDDEN` when they
   * refuse or nobody can be asked, with `CANCELLED` when the caller gives up. `rule` is the place of the rule that wants it.
   */
  async obtain(call: ToolCall, rule: string, context: CallContext): Promise<number> {
    const since = Date.now();
    if (this.#isContinued(call, context) || (await takeWord(this.#dataDirectory, call))) return 0;
    try {
      await this.#consent(call, rule, context);
    } catch (error) {
      if (!context.signal.aborted) throw error;
      throw new GatewayError('CANCELLED', 'the caller cancelled the call', { cause: context.signal.reason });
    }
    this.#expectContinuation(call, context);
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

  /** A client of 2026-07-28 makes the same call again to bring a server's answers: to that the person has agreed. */
  #isContinued(call: ToolCall, context: CallContext): boolean {
    const isReturn = call.continuation !== undefined && Object.keys(call.continuation).length > 0;
    return isReturn && (this.#continued.get(markOf(call, context)) ?? 0) > Date.now();
  }

  #expectContinuation(call: ToolCall, context: CallContext): void {
    if (!context.peer?.takesInputRequired) return;
    this.#continued.set(markOf(call, context), Date.now() + CONTINUATION_MS);
    const [oldest] = this.#continued.keys();
    if (this.#continued.size > MAX_CONTINUED && oldest !== undefined) this.#continued.delete(oldest);
  }
}

function markOf({ tool, args }: ToolCall, { caller }: CallContext): string {
  return createHash('sha256')
    .update(writeJson([ownerOf(caller), tool.id, args]))
    .digest('base64');
}
