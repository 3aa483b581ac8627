/** An ordinary error that is thrown the first time its place is reached, so that the attempt fails there once. */
export class Fault {
  thrown = false;

  strike(): void {
    if (this.thrown) return;
    this.thrown = true;
    throw new Error('struck once');
  }
}

/** Counts effects by name, to see that each happened once. */
export class Effects {
  private readonly counts = new Map<string, number>();

  happen<T>(name: string, value: T): T {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    return value;
  }

  get all(): Record<string, number> {
    return Object.fromEntries([...this.counts].toSorted(([a], [b]) => a.localeCompare(b)));
  }
}
