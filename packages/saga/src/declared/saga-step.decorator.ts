import 'reflect-metadata';
import { checkDecoratedMethod } from '@rea/core/internal';
import type { Context } from '@restatedev/restate-sdk';
import type { CompensationRun } from '../compensations/compensation.decorator.js';
import type { CompensationRetry } from '../saga/saga-run.options.js';
import type { StepOutcome } from '../saga/step.types.js';

/** What the method that undoes a declared step is given: the saga's input, and what is known of the step's result. */
export interface Undo<Input, R> {
  readonly input: Input;
  readonly outcome: StepOutcome<R>;
}

/** What a declared step's method is: from the saga's input and the results so far to its own result. */
type StepMethod = (ctx: Context, input: never, results: never) => Promise<unknown>;

/** The method that undoes what `M` does. */
type UndoMethod<M extends StepMethod> = M extends (ctx: never, input: infer Input, ...rest: never[]) => Promise<infer R>
  ? (ctx: Context, undo: Undo<Input, R>, run: CompensationRun) => Promise<unknown>
  : never;

interface Common {
  /** Steps that stand next to each other with the same group are started together, and undone together. */
  readonly group?: string;
  /** How its compensation is retried; after the pivot, how it is. */
  readonly retry?: CompensationRetry;
  /** After it there is no way back: later steps are retried forward. At most one step, outside a group. */
  readonly pivot?: boolean;
}

/** Options of `@SagaStep` for a step that can be undone. */
export interface UndoableStepOptions<Name extends string> extends Common {
  /** The name of the method of the same class that undoes it. */
  readonly undo: Name;
}

/** Options of `@SagaStep` for a step that has nothing to undo, or cannot be undone, and says so. */
export interface IrreversibleStepOptions extends Common {
  readonly irreversible: true;
}

/** One decorated method, as written. */
export interface StepDeclaration extends Common {
  readonly method: string;
  readonly undo: string | undefined;
  readonly irreversible?: true;
}

const STEPS = Symbol.for('@rea/saga.steps');

/**
 * Marks a method of a declared saga as a step. Steps run in the order in which they are written. The method is given the
 * context, the saga's input, and the results of the steps before it by their names.
 *
 * @param options `undo`: the method that undoes it, checked by the compiler; or `irreversible: true`
 */
export function SagaStep<const Name extends string>(
  options: UndoableStepOptions<Name>,
): <M extends StepMethod>(
  target: Readonly<Record<Name, UndoMethod<M>>>,
  method: string,
  descriptor: TypedPropertyDescriptor<M>,
) => void;
export function SagaStep(
  options: IrreversibleStepOptions,
): <M extends StepMethod>(target: object, method: string, descriptor: TypedPropertyDescriptor<M>) => void;
export function SagaStep(options: Common & { readonly undo?: string; readonly irreversible?: true }) {
  return (target: object, method: string, descriptor: PropertyDescriptor): void => {
    checkDecoratedMethod('@SagaStep', target, method, descriptor);
    const { undo, ...declared } = options;
    const own: StepDeclaration[] = Reflect.getOwnMetadata(STEPS, target) ?? [];
    Reflect.defineMetadata(STEPS, [...own, { ...declared, method, undo }], target);
  };
}

/** The steps of a class, a base class's first. */
export function stepsOf(prototype: object): StepDeclaration[] {
  const chain: object[] = [];
  for (let proto: object | null = prototype; proto; proto = Object.getPrototypeOf(proto)) chain.unshift(proto);
  const steps = chain.flatMap((proto) => (Reflect.getOwnMetadata(STEPS, proto) ?? []) as StepDeclaration[]);
  return [...new Map(steps.map((step) => [step.method, step])).values()];
}
