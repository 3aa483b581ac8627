/** This process's memory of served requests. It forgets them as their tokens expire, and so stays bounded. */
export class ReplayMemory {
  /** Ids by the second since 1970 in which they may be forgotten. */
  private readonly byExpiry = new Map<number, Set<string>>();
  private swept = 0;

  /** @param expiry in seconds since 1970; for one id always the same @returns whether the id was new */
  remember(id: string, expiry: number): boolean {
    this.sweep();
    const ids = this.byExpiry.get(expiry);
    if (!ids) this.byExpiry.set(expiry, new Set([id]));
    else if (ids.has(id)) return false;
    else ids.add(id);
    return true;
  }

  /** How many requests are remembered. */
  get size(): number {
    let size = 0;
    for (const ids of this.byExpiry.values()) size += ids.size;
    return size;
  }

  private sweep(): void {
    const now = Math.floor(Date.now() / 1_000);
    if (now === this.swept) return;
    this.swept = now;
    for (const expiry of this.byExpiry.keys()) if (expiry <= now) this.byExpiry.delete(expiry);
  }
}
