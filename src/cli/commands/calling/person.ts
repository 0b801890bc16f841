import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JsonObject } from '../../../core/json.ts';
import type { ClientIdentity, Peer, PeerRequestOptions } from '../../../core/peer.ts';
import { type Answer, METHOD_NOT_FOUND } from '../../../core/rpc.ts';
import { VERSION } from '../../../version.ts';
import { paintFor } from '../../terminal/colors.ts';
import { logText, type StatusLine } from '../../terminal/status-line.ts';
import { shown, type Terminal } from '../terminal.ts';
import { type Asker, askForm, askToGo, type FormAnswer } from './elicitation.ts';

export interface PersonOptions {
  readonly status: StatusLine;
  /** Whether log messages of servers are shown. */
  readonly showsLogs: boolean;
  /** Absolute folders that servers are told of; absent: none, and they are not told where the command was typed either. */
  readonly roots?: readonly string[] | undefined;
}

/** A person at a terminal as a client of servers: answers their questions there, one after the other. There is no model to sample. */
export class Person implements Peer {
  readonly identity: ClientIdentity;
  readonly logLevel?: string;
  readonly takesInputRequired = false;
  readonly #terminal: Terminal;
  readonly #options: PersonOptions;
  #answered: Promise<unknown> = Promise.resolve();

  constructor(terminal: Terminal, options: PersonOptions) {
    this.#terminal = terminal;
    this.#options = options;
    if (options.showsLogs) this.logLevel = 'info';
    const asks = terminal.prompt && { elicitation: { form: {}, url: {} } };
    this.identity = {
      info: { name: 'mcp-gateway', version: VERSION },
      capabilities: { ...(options.roots && { roots: {} }), ...asks },
    };
  }

  async request(method: string, params: JsonObject, { signal }: PeerRequestOptions): Promise<Answer> {
    const { roots } = this.#options;
    if (method === 'roots/list' && roots) return { result: { roots: roots.map(rootOf) } };
    const { prompt } = this.#terminal;
    if (method !== 'elicitation/create' || !prompt) return refusal(method);
    const ask: Asker = (question) => (signal.aborted ? Promise.resolve(undefined) : prompt(question, signal));
    const answer = this.#answered.then(() => this.#options.status.aside(() => this.#ask(params, ask)));
    this.#answered = answer;
    return { result: { ...(await answer) } };
  }

  notify(method: string, params: JsonObject): void {
    if (method !== 'notifications/message' || !this.#options.showsLogs) return;
    const { dim } = paintFor(this.#terminal, 'error');
    this.#options.status.above(`${dim(shown(logText(params)))}\n`);
  }

  #ask(params: JsonObject, ask: Asker): Promise<FormAnswer> {
    const paint = paintFor(this.#terminal, 'error');
    const say = (text: string) => this.#terminal.writeError(text);
    return params.mode === 'url' ? askToGo(params, { ask, say, paint }) : askForm(params, { ask, say, paint });
  }
}

function rootOf(path: string): JsonObject {
  return { uri: pathToFileURL(path).href, name: basename(path) };
}

function refusal(method: string): Answer {
  const message = `Method not found: ${method} was refused: there is a command line, and neither a model nor somebody to ask`;
  return { error: { code: METHOD_NOT_FOUND, message } };
}
