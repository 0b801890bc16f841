/** Where one server stands. Times are epoch milliseconds. */
export type UpstreamState =
  | { readonly status: 'connecting'; readonly attempt: number }
  | { readonly status: 'ready'; readonly since: number }
  | { readonly status: 'waiting'; readonly retryAt: number; readonly error: string; readonly attempt: number }
  /** Waits until somebody logs in or the entry changes; `url` is where, once a login has been begun. */
  | { readonly status: 'needs_auth'; readonly url?: string }
  | { readonly status: 'closed' };
