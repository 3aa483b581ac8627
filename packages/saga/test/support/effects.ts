/** External effects of the code under test, in the order in which they happened. */
export class Effects {
  readonly log: string[] = [];
  private readonly waiters: { readonly what: string; readonly resolve: () => void }[] = [];

  add(what: string): void {
    this.log.push(what);
    for (const waiter of this.waiters) if (waiter.what === what) waiter.resolve();
  }

  /** Resolves once the effect has happened. */
  seen(what: string): Promise<void> {
    if (this.log.includes(what)) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ what, resolve }));
  }

  of(...prefixes: string[]): string[] {
    return this.log.filter((line) => prefixes.some((prefix) => line.startsWith(prefix)));
  }
}
