import 'reflect-metadata';
import { checkDecoratedMethod } from '@rea/core/internal';
import type { Context } from '@restatedev/restate-sdk';
import type { CompensationKey } from './compensation-key.js';

/** What a compensation is told about the rollback that runs it. */
export interface CompensationRun {
  /**
   * The same on every attempt, replay and redrive of this compensation, also after the killed saga was restarted under
   * another invocation id. Pass it to the system that you call.
   */
  readonly idempotencyKey: string;
  /** From 1. */
  readonly attempt: number;
  readonly saga: string;
  readonly step: string;
}

/** `(ctx, payload, run) => Promise<void>`: what undoes a step. */
export type CompensationMethod<P> = (ctx: Context, payload: P, run: CompensationRun) => Promise<unknown>;

/** One decorated method, as written. */
export interface CompensationDeclaration {
  readonly method: string;
  readonly key: CompensationKey<unknown>;
}

const COMPENSATIONS = Symbol.for('@rea/saga.compensations');

/**
 * Marks a provider's method as the compensation of that name: sagas find it in the container when they roll back, and so
 * do dead letters when an operator has one run again, perhaps by a later release of the code.
 *
 * It is given a durable context: it may call services, run side effects, sleep. It may run more than once: make it
 * idempotent, with the {@link CompensationRun.idempotencyKey}.
 *
 * @param key the name, or a key made by {@link compensationKey}, with which the compiler checks the payload
 *
 * @example
 * ```ts
 * @Compensation('refund-card')
 * async refund(ctx: Context, payment: { orderId: string }, { idempotencyKey }: CompensationRun) {
 *   await run(ctx, 'refund', () => this.bank.refund(payment.orderId, { idempotencyKey }));
 * }
 * ```
 */
export function Compensation<P = never>(
  key: CompensationKey<P> | string,
): <M extends CompensationMethod<P>>(target: object, method: string, descriptor: TypedPropertyDescriptor<M>) => void {
  return (target, method, descriptor) => {
    checkDecoratedMethod('@Compensation', target, method, descriptor);
    const declared = (typeof key === 'string' ? { name: key, schema: undefined } : key) as CompensationKey<unknown>;
    const own: CompensationDeclaration[] = Reflect.getOwnMetadata(COMPENSATIONS, target) ?? [];
    Reflect.defineMetadata(COMPENSATIONS, [...own, { method, key: declared }], target);
  };
}

/** The compensations of a class, inherited ones included; a subclass's declaration wins. */
export function compensationsOf(prototype: object): CompensationDeclaration[] {
  const found = new Map<string, CompensationDeclaration>();
  for (let proto: object | null = prototype; proto; proto = Object.getPrototypeOf(proto)) {
    const own: CompensationDeclaration[] = Reflect.getOwnMetadata(COMPENSATIONS, proto) ?? [];
    for (const declaration of own) if (!found.has(declaration.method)) found.set(declaration.method, declaration);
  }
  return [...found.values()];
}
