import type {
  Context,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { promise, promiseKey, type ReadonlyState, type State, state, stateKey } from '@rea/core';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';

declare const object: ObjectContext;
declare const typedObject: ObjectContext<{ count: number }>;
declare const shared: ObjectSharedContext;
declare const workflow: WorkflowContext;
declare const sharedWorkflow: WorkflowSharedContext;
declare const service: Context;

const bare = stateKey<number>('bare');
const withDefault = stateKey<number>('count', { default: () => 0 });
const withSchema = stateKey('lines', { schema: z.array(z.string()), default: () => [] });

// What may write gets a writable state.
expectTypeOf(state(object, withDefault)).toEqualTypeOf<State<number, number>>();
expectTypeOf(state(typedObject, withDefault)).toEqualTypeOf<State<number, number>>();
expectTypeOf(state(workflow, withDefault)).toEqualTypeOf<State<number, number>>();

// What may only read gets a readable one.
expectTypeOf(state(shared, withDefault)).toEqualTypeOf<ReadonlyState<number>>();
expectTypeOf(state(sharedWorkflow, withDefault)).toEqualTypeOf<ReadonlyState<number>>();
// @ts-expect-error a shared context does not write
void state(shared, withDefault).set;
// @ts-expect-error nor update
void state(shared, withDefault).update;
// @ts-expect-error nor clear
void state(sharedWorkflow, withDefault).clear;
// @ts-expect-error a service has no state
state(service, withDefault);

// Without a default there may be nothing.
expectTypeOf(state(object, bare).get()).resolves.toEqualTypeOf<number | null>();
expectTypeOf(state(object, withDefault).get()).resolves.toEqualTypeOf<number>();
expectTypeOf(state(object, withSchema).get()).resolves.toEqualTypeOf<string[]>();
expectTypeOf(state(object, withDefault).update((count) => count + 1)).resolves.toEqualTypeOf<number>();
// @ts-expect-error what is read may be null
void state(object, bare).update((count) => count + 1);
// @ts-expect-error the value is of another type
state(object, withDefault).set('1');
// @ts-expect-error nothing is not a value: clear() removes it
state(object, bare).set(null);
// @ts-expect-error the default is of another type than the schema
stateKey('lines', { schema: z.array(z.string()), default: () => [1] });

// Promises are of workflows only.
const decision = promiseKey<{ by: string }>('decision');
expectTypeOf(promise(workflow, decision).get()).resolves.toEqualTypeOf<{ by: string }>();
expectTypeOf(promise(sharedWorkflow, decision).peek()).resolves.toEqualTypeOf<{ by: string } | undefined>();
// @ts-expect-error the value is of another type
void promise(sharedWorkflow, decision).resolve('Ada');
// @ts-expect-error an object has no promises
promise(object, decision);
// @ts-expect-error a service has no promises
promise(service, decision);
