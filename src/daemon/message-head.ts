import type { JsonObject } from '../core/json.ts';

/** The beginning of a message as the gateway writes it; that of a string id is read by `JSON.parse`. */
const HEAD = /^\{"jsonrpc":"2\.0",(?:"id":("(?:[^"\\]|\\.)*"|-?\d+),)?"(?:(result|error)"|method":("(?:[^"\\]|\\.)*"))/;
const HEAD_CHARS = 1_024;

/** What a line is: an answer has an id and no method. Long results are not parsed for it, as far as the gateway wrote them. */
export function messageHead(line: string): { readonly id?: unknown; readonly method?: unknown } {
  const [match, id, outcome, method] = HEAD.exec(line.slice(0, HEAD_CHARS)) ?? [];
  if (match === undefined) return JSON.parse(line) as JsonObject;
  return {
    ...(id !== undefined && { id: JSON.parse(id) as unknown }),
    ...(outcome === undefined && method !== undefined && { method: JSON.parse(method) as unknown }),
  };
}
