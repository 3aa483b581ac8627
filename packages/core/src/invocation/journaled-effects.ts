import { Logger } from '@nestjs/common';
import type { Context } from '@restatedev/restate-sdk';
import { executorOf } from '../durable/concurrency/progress-executor.js';

/** The part of the SDK's machine that says how far the attempt has come. */
interface Machine {
  /** Index of the newest command, issued or replayed. */
  last_command_index(): number;
}

interface Effect {
  readonly position: number;
  readonly run: () => void;
}

const logger = new Logger('Rea');

/**
 * Effects outside the journal that wait until the journal has gone past the place of the code that asked for them. From
 * then on a further attempt finds that place replayed, and does not ask again; before, it would.
 */
export class JournaledEffects {
  private waiting: Effect[] = [];
  private readonly machine: Machine | undefined;

  constructor(ctx: Context) {
    const { coreVm } = ctx as { readonly coreVm?: Machine };
    this.machine = typeof coreVm?.last_command_index === 'function' ? coreVm : undefined;
    this.watchProgress(ctx);
  }

  add(run: () => void): void {
    if (this.machine) this.waiting.push({ position: this.machine.last_command_index(), run });
    else run();
  }

  /** The attempt has ended: if the invocation has with it, nothing asks again. */
  end(isFinal: boolean): void {
    if (isFinal) this.release(Infinity);
    else this.settle();
    this.waiting = [];
  }

  private settle(): void {
    if (this.waiting.length > 0) this.release(this.machine!.last_command_index());
  }

  /** Positions only rise, so what is due stands first. */
  private release(position: number): void {
    const late = this.waiting.findIndex((effect) => effect.position >= position);
    for (const { run } of this.waiting.splice(0, late < 0 ? this.waiting.length : late)) {
      try {
        run();
      } catch (error) {
        logger.error('What a handler wanted to be done once per invocation has failed; it is not affected.', error);
      }
    }
  }

  /** Somebody waits: commands issued before that are on their way to the journal. */
  private watchProgress(ctx: Context): void {
    const executor = executorOf(ctx);
    if (!executor) return;
    const doProgress = executor.doProgress.bind(executor);
    const progress: typeof doProgress = (future) => {
      this.settle();
      return doProgress(future);
    };
    // Not in one: see cancel-hook.ts.
    executor.doProgress = progress;
  }
}
