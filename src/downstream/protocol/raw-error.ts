import { type JSONRPCMessage, ProtocolError } from '@modelcontextprotocol/server';
import { RpcFailure } from '../../core/rpc.ts';

/** What to throw so that an error reaches the client as it is: the SDK would give some codes another number. */
export function throughSdk(error: unknown): unknown {
  return error instanceof RpcFailure ? new ProtocolError(error.error.code, error.message, error) : error;
}

/** The message with the error itself in place of what the SDK made of it. */
export function restoreError(message: JSONRPCMessage): JSONRPCMessage {
  if (!('error' in message) || !(message.error.data instanceof RpcFailure)) return message;
  return { ...message, error: message.error.data.error };
}
