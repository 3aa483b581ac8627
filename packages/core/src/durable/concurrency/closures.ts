import type { Context } from '@restatedev/restate-sdk';
import { atMost } from './at-most.js';

type Run = (...args: unknown[]) => unknown;

/** Knows which run closures of an attempt are executing, of those that are given to it from its first {@link open} on. */
export class Closures {
  private executing = 0;
  private isOpen = false;
  private onIdle: (() => void) | undefined;

  constructor(private readonly ctx: Context) {}

  /** Stays open to the end of the attempt: others may follow the context's runs as well, in layers over this one. */
  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    const { run }: { readonly run: Run } = this.ctx as never;
    const counting: Run = (...args) =>
      run.apply(
        this.ctx,
        args.map((arg) => (typeof arg === 'function' ? () => this.counted(arg as () => unknown) : arg)),
      );
    Object.defineProperty(this.ctx, 'run', { value: counting, configurable: true, writable: true });
  }

  /** Until no closure is executing, or at most so long. @param patience in milliseconds */
  async idle(patience: number): Promise<void> {
    if (this.executing === 0) return;
    await atMost(patience, (done) => (this.onIdle = done));
    this.onIdle = undefined;
  }

  private async counted(action: () => unknown): Promise<unknown> {
    this.executing += 1;
    try {
      return await action();
    } finally {
      this.executing -= 1;
      if (this.executing === 0) this.onIdle?.();
    }
  }
}
