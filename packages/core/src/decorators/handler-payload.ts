import type { IsRestored, Journaled } from '../durable/journaled.js';
import type { ReadsBack } from '../validation/codec.types.js';

/**
 * The descriptor of a method whose input and output are what its callers and the journal can carry; else a sentence.
 * A type parameter of the class may be anything, so it is not accepted: declare such a parameter as `unknown`.
 */
export type CheckedHandler<M, In, Out> = [InputCheck<M, In>] extends [string]
  ? InputCheck<M, In>
  : [OutputCheck<M, Out>] extends [string]
    ? OutputCheck<M, Out>
    : TypedPropertyDescriptor<M>;

/** What a check gives that finds nothing. A sentence is a string, and this is not, also where a type is `any`. */
type Fine = 0;

type InputCheck<M, In> = In extends undefined ? InputProblem<InputOfMethod<M>> : SchemaProblem<In>;
type OutputCheck<M, Out> = Out extends undefined ? OutputProblem<OutputOfMethod<M>> : WrittenProblem<Out>;

type InputOfMethod<M> = M extends (ctx: never, input: infer I) => unknown ? I : unknown;
type OutputOfMethod<M> = M extends (ctx: never, input: never) => Promise<infer O> ? O : unknown;

/** Without a schema the parameter is what JSON gives: a type that JSON does not give back would be a lie. */
type InputProblem<I> =
  IsRestored<I> extends true
    ? Fine
    : [Journaled<I>] extends [never]
      ? [I] extends [never]
        ? Fine
        : 'JSON cannot carry an input of this type: declare one that it can, or give the decorator an input schema or a serde'
      : [Journaled<I>] extends [I]
        ? Fine
        : 'The input arrives as JSON gives it, where a Date is a string, a Map is {} and methods are gone: declare the parameter as Journaled<T>, or give the decorator an input schema or a serde that makes this type of it';

/** Callers have the parameter's type, so the schema has to read what JSON makes of it. */
type SchemaProblem<S> =
  ReadsBack<S> extends true
    ? Fine
    : 'Callers pass the type of the parameter as JSON, which this input schema does not read: use a codec, which converts both ways, or let the schema take what it makes';

/** Callers are given JSON of what the method returns, so the schema may check and complete it, not convert it. */
type WrittenProblem<S> = S extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly input: infer I; readonly output: infer O }
    ? [Journaled<O>] extends [Journaled<I>]
      ? Fine
      : 'Callers have the type that the method returns, and this output schema makes another one of it: convert in the method, and let the schema check the result'
    : Fine
  : Fine;

type OutputProblem<O> = 0 extends 1 & O
  ? Fine
  : [Extract<Unserialisable<O>, string>] extends [never]
    ? Fine
    : Extract<Unserialisable<O>, string>;

type Unserialisable<O> = O extends (...args: never[]) => unknown
  ? 'A function cannot be the output of a handler: JSON has none'
  : O extends { toJSON(...args: never[]): unknown }
    ? Fine
    : O extends Streamed
      ? 'An Observable, a stream, an async iterator or an HTTP response cannot be the output of a handler: collect it, and return data or a reference'
      : O extends bigint | symbol
        ? 'JSON has no bigint and no symbol: return text, or give the decorator an output serde'
        : O extends ArrayBufferView
          ? IsRestored<O> extends true
            ? Fine
            : 'JSON makes an object of numbers of bytes: give the decorator an output serde, such as serde.binary'
          : Fine;

type Streamed =
  | { subscribe(...args: never[]): unknown; pipe(...args: never[]): unknown }
  | { getReader(...args: never[]): unknown }
  | { getStream(): unknown }
  | { pipe(...args: never[]): unknown; on(...args: never[]): unknown }
  | { arrayBuffer(): Promise<ArrayBuffer>; json(): Promise<unknown> }
  | AsyncIterable<unknown>;
