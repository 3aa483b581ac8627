import { attemptOf } from '@rea/core/internal';
import type { Context } from '@restatedev/restate-sdk';

type Method = (...args: unknown[]) => unknown;

/** What is used of the SDK's context to stop it between two journal entries. */
interface SdkContext {
  readonly coreVm: Record<string, Method>;
  readonly promisesExecutor: { doProgressInner: (future: unknown) => Promise<void> };
  readonly outputPump: { awaitNextProgress: () => Promise<void> };
}

/** What adds an entry to the journal, or takes one from it. */
const ENTRIES = /^(sys_(?!input|end)|propose_|take_notification)/;

/**
 * Stops an attempt after so many journal entries: what it has written up to there reaches the server, and nothing later.
 * The process that is killed then leaves a journal of exactly that length.
 */
export class Frost {
  private count = 0;
  private readonly pending: Uint8Array[] = [];
  private isReported = false;

  private constructor(
    private readonly entries: number,
    private readonly onFrozen: () => void,
  ) {}

  /** @param entries Infinity only counts */
  static over(ctx: Context, entries: number, onFrozen: () => void): Frost {
    const frost = new Frost(entries, onFrozen);
    const { coreVm, promisesExecutor, outputPump } = (attemptOf(ctx)?.ctx ?? ctx) as unknown as SdkContext;
    const takeOutput = coreVm['take_output']!.bind(coreVm) as () => Uint8Array;
    const flush = () => {
      const output = takeOutput();
      if (frost.count <= frost.entries) frost.pending.push(output);
    };
    for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(coreVm))) {
      if (!ENTRIES.test(name)) continue;
      const method = coreVm[name]!.bind(coreVm);
      coreVm[name] = (...args) => {
        // What was written without an entry goes with the one before.
        flush();
        const result = method(...args);
        if (result !== 'NotReady') frost.count += 1;
        flush();
        return result;
      };
    }
    coreVm['take_output'] = () => {
      flush();
      return Buffer.concat(frost.pending.splice(0));
    };
    const progress = promisesExecutor.doProgressInner.bind(promisesExecutor);
    promisesExecutor.doProgressInner = async (future) => {
      await frost.hold();
      return progress(future);
    };
    const write = outputPump.awaitNextProgress.bind(outputPump);
    outputPump.awaitNextProgress = async () => {
      await write();
      await frost.hold();
    };
    return frost;
  }

  /** How many entries there were so far. */
  get seen(): number {
    return this.count;
  }

  /** Counts something that is no entry: an effect that has happened and is not journaled yet. */
  async point(): Promise<void> {
    this.count += 1;
    await this.hold();
  }

  /** Never ends once the attempt is stopped. */
  private async hold(): Promise<void> {
    if (this.count < this.entries) return;
    if (!this.isReported) this.onFrozen();
    this.isReported = true;
    await new Promise<never>(() => {});
  }
}
