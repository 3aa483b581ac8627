import { createHash } from 'node:crypto';
import { ReplayMemory } from './replay-memory.js';
import type { ReplayStore } from './replay-store.js';

/** How much longer than its token is valid a request is remembered for replicas, whose clocks differ. In seconds. */
const CLOCK_DIFFERENCE = 60;

/**
 * Tells requests that were served before. A token alone repeats: the server makes the same one for all requests of a
 * second to one handler. Together with the whole first message, which holds the invocation and its attempt, it does not.
 */
export class ReplayProtection {
  private readonly memory = new ReplayMemory();

  constructor(private readonly store: ReplayStore | undefined) {}

  /**
   * @param expiry when the token ends, in seconds since 1970
   * @returns whether the request is new
   * @throws what the store throws
   */
  remember(token: string, start: Buffer, expiry: number): boolean | Promise<boolean> {
    const id = createHash('sha256').update(token).update(start).digest('base64url');
    if (!this.store) return this.memory.remember(id, expiry);
    return this.store.remember(id, new Date((expiry + CLOCK_DIFFERENCE) * 1_000));
  }
}
