import type { RestatePromise } from '@restatedev/restate-sdk';

/** What the SDK still needs from the journal for a future: one notification, or some of several. */
export type Unresolved = { readonly Single: number } | Readonly<Record<string, readonly Unresolved[]>>;

/** A future as the SDK's executor sees it. */
export interface Progressing {
  tryComplete(): Promise<void>;
  unresolvedFuture(): Unresolved | null;
  tryCancel(): void;
}

/** A future of one notification. */
export interface SingleFuture extends RestatePromise<unknown>, Progressing {
  readonly handle: number;
  isCompleted(): boolean;
}

/** A future as it is given to the SDK's executor: with what else ends the wait, or reduced to some of its parts. */
export class WatchedFuture implements Progressing {
  isCancelled = false;

  /**
   * @param signals what ends the wait besides
   * @param isPart whether a notification, by its handle, is waited for; default: all are
   */
  constructor(
    private readonly future: Progressing,
    private readonly signals: readonly SingleFuture[] = [],
    private readonly isPart?: (handle: number) => boolean,
  ) {}

  tryComplete(): Promise<void> {
    return this.signals.length === 0 ? this.future.tryComplete() : this.completeAll();
  }

  unresolvedFuture(): Unresolved | null {
    const unresolved = this.future.unresolvedFuture();
    if (unresolved === null) return null;
    if (this.isPart) return partsOf(unresolved, this.isPart);
    if (this.signals.length === 0) return unresolved;
    if (this.signals.some((signal) => signal.isCompleted())) return null;
    return { FirstCompleted: [unresolved, ...this.signals.map(({ handle }) => ({ Single: handle }))] };
  }

  tryCancel(): void {
    this.isCancelled = true;
  }

  private async completeAll(): Promise<void> {
    await this.future.tryComplete();
    for (const signal of this.signals) await signal.tryComplete();
  }
}

/** What is unresolved of some notifications, by their handles; null when nothing is. */
export function partsOf(unresolved: Unresolved, isPart: (handle: number) => boolean): Unresolved | null {
  const handles = singlesOf(unresolved).filter(isPart);
  return handles.length === 0 ? null : { AllCompleted: handles.map((handle) => ({ Single: handle })) };
}

/** The handles of the notifications that a future still needs. */
export function singlesOf(unresolved: Unresolved): number[] {
  if ('Single' in unresolved) return [unresolved.Single as number];
  return Object.values(unresolved as Readonly<Record<string, readonly Unresolved[]>>)
    .flat()
    .flatMap(singlesOf);
}
