import { run } from '@rea/core';
import { compensateWith, type CompensationRun, type Step } from '@rea/saga';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { Effects } from './effects.js';

/** In which tries a compensation fails, and in which way. */
interface Fault {
  /** The first tries, so many of them. */
  readonly times: number;
  /** Thrown inside its run, as most failures are, or by its own code. */
  readonly where: 'in-run' | 'in-code';
  readonly error: () => Error;
}

/** What one invocation under test does to the world, and how the world treats it. */
export class Play {
  readonly effects = new Effects();
  /** What each try of a compensation was told, in order; replays may tell it again. */
  readonly told: CompensationRun[] = [];
  /** Awakeables on which callees wait, by the callee's name. */
  readonly gates = new Map<string, string>();
  private readonly faults = new Map<string, Fault>();

  /** The effects that undo steps, in order. */
  get undone(): string[] {
    return this.effects.of('undo');
  }

  /** A step whose effects are `do <name>` and `undo <name> <what is known of its result>`. */
  step(ctx: Context, name: string, during?: () => unknown) {
    return {
      compensate: (outcome) => compensateWith('undo', { name, value: outcome.known ? outcome.value : null }),
      action: () =>
        run(ctx, `do ${name}`, async () => {
          this.effects.add(`do ${name}`);
          await during?.();
          return `value-${name}`;
        }),
    } satisfies Step<string>;
  }

  /** A step whose action has had its effect, and then fails for good. */
  failing(ctx: Context, name: string, error: Error = new TerminalError(`no ${name}`, { errorCode: 418 })) {
    return this.step(ctx, name, () => {
      throw error;
    });
  }

  /** Lets the compensation of a step fail. */
  fail(
    name: string,
    times = Infinity,
    where: Fault['where'] = 'in-run',
    error = () => new Error(`cannot undo ${name}`),
  ): this {
    this.faults.set(name, { times, where, error });
    return this;
  }

  /** How a try of a compensation is to fail; undefined when it is to work. */
  faultOf(name: string, attempt: number): Fault | undefined {
    const fault = this.faults.get(name);
    return fault && attempt <= fault.times ? fault : undefined;
  }
}
