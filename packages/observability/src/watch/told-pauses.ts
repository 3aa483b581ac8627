import type { Pause } from './paused-invocations.js';

/**
 * Picks from each look at the newest pauses those that are to be told: each once. An invocation that was resumed and is
 * paused again is another. It remembers no more than one look holds.
 *
 * What was older than a full look is not told later, when newer ones are resumed and it comes into view: it may have been
 * told before it fell out.
 */
export class ToldPauses {
  private told = new Map<string, number>();
  /** Up to here pauses may have been out of view, and told before. */
  private horizon = -Infinity;

  /** @param limit how many pauses one look holds at most */
  constructor(private readonly limit: number) {}

  /** @param newest the newest pauses, newest first */
  untold(newest: readonly Pause[]): Pause[] {
    const { told: before, horizon } = this;
    this.told = new Map(newest.map(({ at, told }) => [told.invocationId, at]));
    const oldest = newest[this.limit - 1]?.at;
    if (oldest !== undefined) this.horizon = Math.max(horizon, oldest);
    return newest.filter(({ at, told }) => at > horizon && before.get(told.invocationId) !== at);
  }
}
