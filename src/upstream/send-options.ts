import type { JSONRPCMessage, Transport, TransportSendOptions } from '@modelcontextprotocol/client';
import type { Signal } from '../core/abort.ts';

/** Options of `Transport.send`, with a signal of any kind. */
export interface SendOptions extends Omit<TransportSendOptions, 'requestSignal'> {
  readonly requestSignal?: Signal | undefined;
}

/** A transport that takes them. */
export interface SignalTransport extends Transport {
  send(message: JSONRPCMessage, options?: SendOptions): Promise<void>;
}
