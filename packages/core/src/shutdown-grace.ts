import { Injectable } from '@nestjs/common';

/** Lets work that the endpoint must still serve come to an end. @param timeout in milliseconds */
type Settle = (timeout: number) => Promise<void>;

/** What a shutdown waits for: before handlers stop, and once they have. */
@Injectable()
export class ShutdownGrace {
  private readonly participants: Settle[] = [];
  private readonly last: (() => Promise<void>)[] = [];

  /** Adds something that {@link settle} waits for: HTTP requests that wait for a handler of this very application. */
  register(settle: Settle): void {
    this.participants.push(settle);
  }

  /** Adds what is left to do when no handler runs any more, while every provider still works. It bounds its time itself. */
  registerLast(settle: () => Promise<void>): void {
    this.last.push(settle);
  }

  /** Waits for all participants, at most the given milliseconds. */
  async settle(timeout: number): Promise<void> {
    await Promise.all(this.participants.map((participant) => participant(timeout)));
  }

  /** Waits for what was registered to come last. */
  async settleLast(): Promise<void> {
    await Promise.all(this.last.map((settle) => settle()));
  }
}
