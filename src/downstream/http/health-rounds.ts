/** A connection to a server, as far as it can be asked whether it lives. */
export interface Pinged {
  ping(timeoutMs: number): Promise<boolean>;
  /** Gives it up; what is in flight fails with that cause, and it is connected anew. */
  lose(cause: string): void;
}

const PING_TIMEOUT_MS = 10_000;

/** Asks every connected server at an interval whether it lives, and gives up those that do not answer. Returns what ends it. */
export function startHealthRounds(intervalSeconds: number, connections: () => readonly Pinged[]): () => void {
  if (intervalSeconds === 0) return () => {};
  const round = () => {
    for (const connection of connections()) {
      void connection.ping(PING_TIMEOUT_MS).then((lives) => {
        if (!lives) connection.lose(`no answer to a ping within ${PING_TIMEOUT_MS} ms`);
      });
    }
  };
  const timer = setInterval(round, intervalSeconds * 1_000).unref();
  return () => clearInterval(timer);
}
