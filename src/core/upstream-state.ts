/** Where one server stands. Times are epoch milliseconds. */
export type UpstreamState =
  | { readonly status: 'connecting'; readonly attempt: number }
  | { readonly status: 'ready'; readonly since: number }
  | { readonly status: 'waiting'; readonly retryAt: number; readonly error: string; readonly attempt: number }
  | { readonly status: 'closed' };

/** One server as `search` reports it. */
export interface ServerStatus {
  readonly server: string;
  readonly state: UpstreamState;
  readonly tools: number;
  readonly tags: readonly string[];
  /** From the configuration, else what the server says of itself. */
  readonly description?: string;
}
