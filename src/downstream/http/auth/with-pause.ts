/** The same function, which after it failed fails at once for `pauseMs`, with the same error. */
export function withPause<A extends readonly unknown[], R>(
  attempt: (...args: A) => Promise<R>,
  pauseMs: number,
  onFailure: (error: unknown) => void,
): (...args: A) => Promise<R> {
  let failure: { readonly error: unknown; readonly endsAt: number } | undefined;
  return async (...args) => {
    if (failure && performance.now() < failure.endsAt) throw failure.error;
    try {
      return await attempt(...args);
    } catch (error) {
      failure = { error, endsAt: performance.now() + pauseMs };
      onFailure(error);
      throw error;
    }
  };
}
