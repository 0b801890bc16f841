import type { FetchLike } from '@modelcontextprotocol/client';
import { withTimeout } from '../core/abort.ts';

/** Time for one request to an authorization server, in ms. */
const FETCH_TIMEOUT_MS = 10_000;

/** `fetch` for what an authorization server answers at once. */
export const boundedFetch: FetchLike = (url, init) =>
  withTimeout(FETCH_TIMEOUT_MS, (signal) => fetch(url, { ...init, signal }));
