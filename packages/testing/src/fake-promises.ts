import type { TerminalError } from '@restatedev/restate-sdk';

interface Entry {
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: TerminalError) => void;
  settled: boolean;
  value: unknown;
}

/** Named promises in memory: awakeables, durable promises and signals. They settle once, and early settling is kept. */
export class FakePromises {
  private readonly entries = new Map<string, Entry>();
  private awakeables = 0;

  nextAwakeable(): string {
    this.awakeables += 1;
    return `awakeable_${this.awakeables}`;
  }

  get<T>(name: string): Promise<T> {
    return this.entry(name).promise as Promise<T>;
  }

  peek(name: string): unknown {
    return this.entry(name).value;
  }

  isSettled(name: string): boolean {
    return this.entry(name).settled;
  }

  resolve(name: string, value: unknown): void {
    const entry = this.entry(name);
    if (entry.settled) return;
    Object.assign(entry, { settled: true, value });
    entry.resolve(value);
  }

  reject(name: string, error: TerminalError): void {
    const entry = this.entry(name);
    if (entry.settled) return;
    entry.settled = true;
    // Nobody may be waiting yet; that is not an unhandled rejection.
    entry.promise.catch(() => {});
    entry.reject(error);
  }

  private entry(name: string): Entry {
    let entry = this.entries.get(name);
    if (!entry) {
      entry = { ...Promise.withResolvers<unknown>(), settled: false, value: undefined };
      this.entries.set(name, entry);
    }
    return entry;
  }
}
