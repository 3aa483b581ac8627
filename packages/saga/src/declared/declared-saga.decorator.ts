import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { checkOptionNames, descriptorOf, type OptionShape } from '@rea/core/internal';
import { compensationKey } from '../compensations/compensation-key.js';
import { Compensation } from '../compensations/compensation.decorator.js';
import { SAGA_RUN_SHAPE, type SagaRunOptions } from '../saga/saga-run.options.js';
import { SagaStartError } from '../saga.errors.js';
import { stepsOf } from './saga-step.decorator.js';

/** Options of {@link DeclaredSaga}. */
export interface DeclaredSagaOptions extends SagaRunOptions {
  /** Default: the class's name. */
  readonly name?: string;
}

/** A class that declares a saga. */
export type SagaClass<T = object> = new (...args: never[]) => T;

const SHAPE: OptionShape<DeclaredSagaOptions> = { ...SAGA_RUN_SHAPE, name: true };
const SAGA = Symbol.for('@rea/saga.declared');

/**
 * Declares a saga as a class of steps, an ordinary provider (this implies `@Injectable`): `@SagaStep` methods do, the
 * methods that they name undo. Run it with `sagas.execute(ctx, TheClass, input)`, on any kind of context.
 *
 * The undoing methods are named compensations, `<saga>.<method>`, so their dead letters can be redriven.
 *
 * @example
 * ```ts
 * @DeclaredSaga({ name: 'checkout' })
 * export class CheckoutSaga {
 *   @SagaStep({ undo: 'release' })
 *   async reserve(ctx: Context, order: OrderInput): Promise<Hold> { ... }
 *   async release(ctx: Context, { input, outcome }: Undo<OrderInput, Hold>): Promise<void> { ... }
 *
 *   @SagaStep({ undo: 'refund' })
 *   async charge(ctx: Context, order: OrderInput, { reserve }: { reserve: Hold }): Promise<Payment> { ... }
 *   async refund(ctx: Context, { input }: Undo<OrderInput, Payment>, run: CompensationRun): Promise<void> { ... }
 * }
 * ```
 *
 * @throws SagaStartError when the steps cannot work as declared
 */
export function DeclaredSaga(options: DeclaredSagaOptions = {}): (target: SagaClass) => void {
  return (target) => {
    checkOptionNames(`@DeclaredSaga of ${target.name}`, options, SHAPE);
    Injectable()(target);
    const declared = { ...options, name: options.name ?? target.name };
    Reflect.defineMetadata(SAGA, declared, target);
    check(target);
    const undone = new Set(stepsOf(target.prototype).map(({ undo }) => undo));
    for (const undo of undone) {
      if (undo === undefined) continue;
      const key = compensationKey<never>(compensationNameOf(declared.name, undo));
      const prototype = target.prototype as object;
      Compensation(key)(prototype, undo, descriptorOf(prototype, undo) ?? {});
    }
  };
}

/** What was declared on a class. @throws SagaStartError when it is no declared saga */
export function declaredSagaOf(type: SagaClass): DeclaredSagaOptions & { readonly name: string } {
  const declared: (DeclaredSagaOptions & { readonly name: string }) | undefined = Reflect.getMetadata(SAGA, type);
  if (declared) return declared;
  throw new SagaStartError('REA1043', `${type.name} is no declared saga.`, 'Decorate the class with @DeclaredSaga().');
}

/** The compensation that an undoing method is. */
export function compensationNameOf(saga: string, undo: string): string {
  return `${saga}.${undo}`;
}

function check(type: SagaClass): void {
  const steps = stepsOf(type.prototype as object);
  const refuse = (problem: string, cure: string) => new SagaStartError('REA1044', `${type.name} ${problem}.`, cure);
  if (steps.length === 0) throw refuse('has no steps', 'Decorate at least one method with @SagaStep().');
  // What the compiler refuses, for code that it has not checked.
  for (const { method, undo, irreversible } of steps) {
    if (undo === undefined && irreversible !== true) {
      throw refuse(`does not say how its step ${method} is undone`, 'Give it undo, or irreversible: true.');
    }
    if (undo !== undefined && typeof (type.prototype as Record<string, unknown>)[undo] !== 'function') {
      throw refuse(`has no method ${undo}, which undoes its step ${method}`, 'Write it, or correct the name.');
    }
  }
  const pivots = steps.filter(({ pivot }) => pivot);
  if (pivots.length > 1) throw refuse('has several pivots', 'There is one point of no return; leave one pivot.');
  if (pivots.some(({ group }) => group !== undefined)) {
    throw refuse('has its pivot in a group', 'A pivot stands alone: take it out of the group.');
  }
}
