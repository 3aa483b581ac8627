import { AsyncLocalStorage } from 'node:async_hooks';

/** What becomes of the events of a hook. */
export interface HookReports {
  handled(): void;
  /** The hook threw or rejected. */
  failed(error: unknown): void;
  /** The queue was full. */
  dropped(): void;
  /** The hook has kept the event loop from everything else for so many milliseconds. */
  blocked(millis: number): void;
}

/** A call that waits. */
export type HookCall = () => void | Promise<void>;

/** How long hooks are called in one turn of the event loop, in milliseconds; then others have theirs. */
const TURN = 5;

/** From how long a stop of the event loop is reported, in milliseconds. */
const BLOCKING = 50;

/** How much of what is done with is kept before it is thrown away. */
const SLACK = 1_000;

/**
 * The calls that wait for one hook. Adding one takes no more than that; it is made later, from the event loop, one after
 * the other, and outside the scope of whatever added it.
 */
export class HookQueue {
  private readonly outside = AsyncLocalStorage.snapshot();
  private waiting: HookCall[] = [];
  /** How many of {@link waiting} have been handed out. */
  private done = 0;
  private isRunning = false;
  private idle: (() => void)[] = [];

  constructor(
    private readonly reports: HookReports,
    private readonly size: number,
  ) {}

  /** Adds a call, or drops it when there is no room. */
  add(call: HookCall): void {
    if (this.waiting.length - this.done >= this.size) {
      this.reports.dropped();
      return;
    }
    this.waiting.push(call);
    if (this.isRunning) return;
    this.isRunning = true;
    this.outside(() => setImmediate(() => void this.run()));
  }

  /** Ends once nothing waits and no call goes on. */
  drained(): Promise<void> {
    if (!this.isRunning) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  private async run(): Promise<void> {
    let turnBegan = performance.now();
    for (let call = this.take(); call; call = this.take()) {
      await this.make(call);
      if (performance.now() - turnBegan < TURN) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turnBegan = performance.now();
    }
    this.isRunning = false;
    for (const resolve of this.idle.splice(0)) resolve();
  }

  private take(): HookCall | undefined {
    const call = this.waiting[this.done];
    if (!call || this.done >= SLACK) {
      this.waiting = this.waiting.slice(this.done);
      this.done = 0;
    }
    if (call) this.done += 1;
    return call;
  }

  private async make(call: HookCall): Promise<void> {
    try {
      await this.watched(call);
      this.reports.handled();
    } catch (error) {
      this.reports.failed(error);
    }
  }

  /** Of an async hook, up to its first `await`: what comes after it cannot be told from what others do. */
  private watched(call: HookCall): void | Promise<void> {
    const startedAt = performance.now();
    try {
      return call();
    } finally {
      const millis = performance.now() - startedAt;
      if (millis > BLOCKING) this.reports.blocked(millis);
    }
  }
}
