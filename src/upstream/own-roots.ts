import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ClientIdentity, Peer } from '../core/peer.ts';
import type { Answer } from '../core/rpc.ts';

/** The folders that an entry names as the roots of its server: it is told of these, whoever calls. */
export class OwnRoots {
  readonly #paths: readonly string[];

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** A client as the server sees it: one that has roots. */
  declared(client: ClientIdentity): ClientIdentity {
    return { ...client, capabilities: { ...client.capabilities, roots: {} } };
  }

  /** The way back to a client, but for roots. */
  before(peer: Peer): Peer {
    return {
      origin: peer.origin ?? peer,
      ...(peer.isPassing && { isPassing: true }),
      identity: this.declared(peer.identity),
      ...(peer.logLevel !== undefined && { logLevel: peer.logLevel }),
      takesInputRequired: peer.takesInputRequired,
      request: (method, params, options) =>
        method === 'roots/list' ? Promise.resolve(this.answer()) : peer.request(method, params, options),
      notify: (method, params) => peer.notify(method, params),
    };
  }

  answer(): Answer {
    return { result: { roots: this.#paths.map((path) => ({ uri: pathToFileURL(path).href, name: basename(path) })) } };
  }
}
