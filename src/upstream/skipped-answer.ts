import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { INTERNAL_ERROR } from '../core/rpc.ts';
import type { ClippedLine } from '../platform/line-splitter.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';

/** Servers write the id of an answer first or last; within a string its quotes would be escaped. */
const ID_FIRST = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\s*,\s*"(?:result|error)"/;
const ID_LAST = /[^\\]"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;

/** An error in place of an answer that was too long to be taken, so that its call ends; undefined when it cannot be told whose it was. */
export function skippedAnswer({ head, tail }: ClippedLine): JSONRPCMessage | undefined {
  const id = (ID_FIRST.exec(head) ?? ID_LAST.exec(tail))?.[1];
  if (id === undefined) return undefined;
  const message = `the gateway skipped the answer, which is longer than ${MAX_MESSAGE_BYTES} bytes`;
  return { jsonrpc: '2.0', id: Number(id), error: { code: INTERNAL_ERROR, message } };
}
