import type { TerminalError } from '@restatedev/restate-sdk';
import { Ambient } from '../../ambient.js';

/** The branch of the calling code. The handler itself is none. */
export const currentBranch = new Ambient<Branch>();

/** One of several flows of a handler that go on at the same time. */
export class Branch {
  /** How many futures and inner branches it waits for. */
  waits = 0;
  ended = false;
  /** Thrown at the next durable wait of it or of a branch within it. */
  interruption: TerminalError | undefined;
  /** What it was interrupted with when its deadline passed. */
  expiry: TerminalError | undefined;
  /** It was told of a cancellation before the others, so the one that reaches all waits is no news to it. */
  knowsCancel = false;
  private abandoned = false;

  constructor(
    /** The branch that it was started in; undefined for branches of the handler itself. */
    private readonly parent: Branch | undefined,
  ) {}

  /** Whether it goes no further in this attempt. */
  get isAbandoned(): boolean {
    return this.abandoned || (this.parent?.isAbandoned ?? false);
  }

  abandon(): void {
    this.abandoned = true;
  }

  /** Whether it is another branch, or was started in it. */
  isWithin(other: Branch): boolean {
    return this === other || (this.parent?.isWithin(other) ?? false);
  }

  /** Whether an error is what a deadline around it was interrupted with. */
  isEndedBy(error: unknown): boolean {
    return (this.expiry !== undefined && this.expiry === error) || (this.parent?.isEndedBy(error) ?? false);
  }

  /** Whether something is to be thrown at its next wait. */
  get isToBeInterrupted(): boolean {
    return this.interruption !== undefined || (this.parent?.isToBeInterrupted ?? false);
  }

  /** What is to be thrown at its next wait, once. */
  takeInterruption(): TerminalError | undefined {
    const { interruption } = this;
    this.interruption = undefined;
    return interruption ?? this.parent?.takeInterruption();
  }
}
