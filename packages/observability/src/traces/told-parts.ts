/** A bound on memory: an invocation that goes on in another process is never heard of again. */
const MOST_INVOCATIONS = 10_000;

/**
 * Which parts of the invocations' work have been told by a span already. The journal says so, too, except of a part after
 * which an attempt failed before it had written anything more.
 */
export class ToldParts {
  private readonly byInvocation = new Map<string, Set<string>>();

  /** Whether it is told for the first time; from then on it is not. */
  tell(invocationId: string, part: string): boolean {
    let parts = this.byInvocation.get(invocationId);
    if (!parts) {
      this.byInvocation.set(invocationId, (parts = new Set()));
      if (this.byInvocation.size > MOST_INVOCATIONS) this.forget(this.byInvocation.keys().next().value!);
    }
    const isNew = !parts.has(part);
    parts.add(part);
    return isNew;
  }

  /** The invocation has ended. */
  forget(invocationId: string): void {
    this.byInvocation.delete(invocationId);
  }
}
