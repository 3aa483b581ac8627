/** Futures whose wait has ended without them: by a cancellation or a deadline. Few are. */
const givenUp = new WeakSet();

export function giveUp(future: object): void {
  givenUp.add(future);
}

export function isGivenUp(future: object): boolean {
  return givenUp.has(future);
}
