/** A bound on memory: an invocation that goes on in another process is never heard of again. */
const MOST_REMEMBERED = 10_000;

/**
 * Tells an invocation's first attempt from later ones that begin without a journal, too: nothing that an attempt is given
 * says so, thus it is remembered which invocations have had one here.
 */
export class InvocationStarts {
  private readonly begun = new Set<string>();

  /** An attempt begins without a journal. Whether it is the first of its invocation here. */
  begin(invocationId: string): boolean {
    if (this.begun.has(invocationId)) return false;
    this.begun.add(invocationId);
    if (this.begun.size > MOST_REMEMBERED) this.begun.delete(this.begun.values().next().value!);
    return true;
  }

  /** The invocation has ended. */
  end(invocationId: string): void {
    this.begun.delete(invocationId);
  }
}
