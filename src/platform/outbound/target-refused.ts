/**
 * We do not go where a server leads. A `TypeError`, as that of a connection that fails: the SDK goes on to the next address
 * where a document is merely not there.
 */
export class TargetRefused extends TypeError {
  override readonly name = 'TargetRefused';
}

/** The refusal in an error or one of its causes; `fetch` hides it in a cause. */
export function refusalIn(error: unknown): TargetRefused | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof TargetRefused) return each;
    const refusal: unknown = each instanceof AggregateError ? each.errors.find(refusalIn) : undefined;
    if (refusal) return refusalIn(refusal);
  }
  return undefined;
}
