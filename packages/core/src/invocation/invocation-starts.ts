/** A bound on memory: an invocation that goes on in another process is never heard of again. */
const MOST_REMEMBERED = 10_000;

/**
 * Tells an invocation's first attempt from later ones that begin without a journal, too: nothing that an attempt is given
 * says so, thus it is remembered which invocations have had one here.
 */
export class InvocationStarts {
  private readonly begun = new Set<string>();

  /** Whether no attempt of the invocation has ended here without a journal. */
  isFirst(invocationId: string): boolean {
    return !this.begun.has(invocationId);
  }

  /** An attempt has ended that began without a journal. */
  ended(invocationId: string, isFinal: boolean): void {
    if (isFinal) {
      this.begun.delete(invocationId);
      return;
    }
    this.begun.add(invocationId);
    if (this.begun.size > MOST_REMEMBERED) for (const oldest of this.begun) return void this.begun.delete(oldest);
  }
}
