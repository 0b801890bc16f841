import { type JSONRPCMessage, ProtocolError } from '@modelcontextprotocol/server';
import type { RpcError } from '../core/rpc.ts';

/** A server's own error on its way through the SDK, which would give some codes another number. */
class RawError {
  readonly error: RpcError;

  constructor(error: RpcError) {
    this.error = error;
  }
}

/** What to throw so that a server's error reaches the client as it is; `restoreError` takes it out again. */
export function asIs(error: RpcError): ProtocolError {
  return new ProtocolError(error.code, error.message, new RawError(error));
}

/** The message with the server's own error in place of what the SDK made of it. */
export function restoreError(message: JSONRPCMessage): JSONRPCMessage {
  if (!('error' in message) || !(message.error.data instanceof RawError)) return message;
  return { ...message, error: message.error.data.error };
}
