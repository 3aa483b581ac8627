import type { Context } from '@restatedev/restate-sdk';
import type { Undo } from './saga-step.decorator.js';

/** A method that is a step: it takes a context and the input, and is none that undoes one. */
type StepLike<M> = M extends (ctx: infer C, input: infer I, ...rest: never[]) => Promise<infer R>
  ? C extends Context
    ? [I] extends [Undo<unknown, unknown>]
      ? never
      : { readonly input: I; readonly result: R }
    : never
  : never;

/** What a declared saga is given: what all its steps accept. */
export type SagaInput<T> =
  UnionToIntersection<
    { [K in keyof T]: StepLike<T[K]> extends { readonly input: infer I } ? { readonly of: I } : never }[keyof T]
  > extends { readonly of: infer I }
    ? I
    : never;

/** What a declared saga gives: the results of its steps by the names of their methods. */
export type SagaResults<T> = {
  readonly [K in keyof T as StepLike<T[K]> extends never ? never : K]: StepLike<T[K]> extends {
    readonly result: infer R;
  }
    ? R
    : never;
};

type UnionToIntersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void
  ? I
  : never;
