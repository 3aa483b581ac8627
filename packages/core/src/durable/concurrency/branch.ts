import { AsyncLocalStorage } from 'node:async_hooks';

/** The branch of the calling code. The handler itself is none. */
export const currentBranch = new AsyncLocalStorage<Branch | undefined>();

/** One of several flows of a handler that go on at the same time. */
export class Branch {
  /** How many futures and inner branches it waits for. */
  waits = 0;
  ended = false;
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
}
