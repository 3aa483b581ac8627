import type { Context } from '@restatedev/restate-sdk';
import type { CompensationRun } from '../compensations/compensation.decorator.js';
import type { NamedCompensation } from '../compensations/compensate-with.js';

/**
 * What is known of a step's action when its compensation is planned. Not known: it has failed, or was interrupted, and may
 * have had its effect all the same.
 */
export type StepOutcome<R> = { readonly known: true; readonly value: R } | { readonly known: false };

/** What an action is told. */
export interface StepRun {
  /** The same on every attempt and replay of this step. Pass it to the system that the action calls. */
  readonly idempotencyKey: string;
  /** From 1; above it only after the pivot, where actions are retried. */
  readonly attempt: number;
}

/** A compensation written where it is used. It is given the handler's context. It cannot be redriven later by its name. */
export type InlineCompensation = (ctx: Context, run: CompensationRun) => PromiseLike<unknown>;

/**
 * Plans a step's compensation from what is known of its action. It is also called before the action starts, with an
 * unknown outcome, so that what cannot work is refused then; it must be deterministic and do nothing itself.
 */
export type Compensate<R> = (outcome: StepOutcome<R>) => NamedCompensation | InlineCompensation;

/** A step that can be undone. */
export interface CompensatedStep<R> {
  /** `(outcome) => compensateWith('name', payload)`, or `(outcome) => async (ctx) => { ... }` for small things. */
  readonly compensate: Compensate<NoInfer<R>>;
  /**
   * Does it. Called once the compensation is registered. When it takes its parameter, write it before `compensate`, or
   * the compiler does not know what the outcome holds.
   */
  readonly action: (run: StepRun) => PromiseLike<R>;
  readonly irreversible?: undefined;
}

/** A step that has nothing to undo, or cannot be undone, and says so. */
export interface IrreversibleStep<R> {
  readonly irreversible: true;
  readonly action: (run: StepRun) => PromiseLike<R>;
  readonly compensate?: undefined;
}

/** What a step is made of. */
export type Step<R> = CompensatedStep<R> | IrreversibleStep<R>;

/** A step of any result, as the engine holds it. */
export interface AnyStep {
  readonly compensate?: Compensate<never> | undefined;
  readonly irreversible?: boolean | undefined;
  readonly action: (run: StepRun) => PromiseLike<unknown>;
}
