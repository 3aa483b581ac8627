import { Injectable } from '@nestjs/common';

/** Lets work that the endpoint must still serve come to an end. @param timeout in milliseconds */
type Settle = (timeout: number) => Promise<void>;

/** What has to be over before handlers stop: HTTP requests that wait for a handler of this very application. */
@Injectable()
export class ShutdownGrace {
  private readonly participants: Settle[] = [];

  /** Adds something that {@link settle} waits for. */
  register(settle: Settle): void {
    this.participants.push(settle);
  }

  /** Waits for all participants, at most the given milliseconds. */
  async settle(timeout: number): Promise<void> {
    await Promise.all(this.participants.map((participant) => participant(timeout)));
  }
}
