/** Where one server stands. Times are epoch milliseconds. */
export type UpstreamState =
  | { readonly status: 'connecting'; readonly attempt: number }
  | { readonly status: 'ready'; readonly since: number }
  | { readonly status: 'waiting'; readonly retryAt: number; readonly error: string; readonly attempt: number }
  | { readonly status: 'closed' };
