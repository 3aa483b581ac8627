/** A bound on memory: an invocation that goes on in another process is never heard of again. */
const MOST_INVOCATIONS = 10_000;

/** Counts the attempts of each invocation in this process: the server does not say how many there were. */
export class AttemptCounter {
  private readonly counts = new Map<string, number>();

  /** From 1. */
  next(invocationId: string): number {
    const count = (this.counts.get(invocationId) ?? 0) + 1;
    this.counts.set(invocationId, count);
    if (this.counts.size > MOST_INVOCATIONS) this.forget(this.counts.keys().next().value!);
    return count;
  }

  /** The invocation has ended. */
  forget(invocationId: string): void {
    this.counts.delete(invocationId);
  }
}
