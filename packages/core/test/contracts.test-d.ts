import type {
  Context,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { iface } from '@restatedev/restate-sdk';
import {
  type ObjectClient,
  Service,
  type ServiceClient,
  VirtualObject,
  Workflow,
  type WorkflowClient,
} from '@rea/core';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';

const greeter = iface.service('greeter', {
  greet: iface.schemas({ input: z.object({ name: z.string() }), output: z.string() }),
  ping: iface.json<void, number>(),
});

@Service(greeter)
export class Implementation {
  async greet(_ctx: Context, { name }: { name: string }): Promise<string> {
    return name;
  }
  async ping(_ctx: Context): Promise<number> {
    return 1;
  }
}

// @ts-expect-error ping is missing
@Service(greeter)
export class Incomplete {
  async greet(_ctx: Context, { name }: { name: string }): Promise<string> {
    return name;
  }
}

// @ts-expect-error greet takes the wrong input
@Service(greeter)
export class WrongInput {
  async greet(_ctx: Context, name: number): Promise<string> {
    return String(name);
  }
  async ping(_ctx: Context): Promise<number> {
    return 1;
  }
}

const counter = iface.object('counter', { add: iface.json<number, number>(), get: iface.shared.json<void, number>() });

@VirtualObject(counter)
export class Counter {
  async add(_ctx: ObjectContext, by: number): Promise<number> {
    return by;
  }
  async get(_ctx: ObjectSharedContext): Promise<number> {
    return 1;
  }
}

// @ts-expect-error get is shared in the contract: it cannot take an exclusive context
@VirtualObject(counter)
export class WrongContext {
  async add(_ctx: ObjectContext, by: number): Promise<number> {
    return by;
  }
  async get(_ctx: ObjectContext): Promise<number> {
    return 1;
  }
}

const flow = iface.workflow('flow', { run: iface.json<string, number>(), approve: iface.shared.json<string>() });

@Workflow(flow)
export class Flow {
  async run(_ctx: WorkflowContext, input: string): Promise<number> {
    return input.length;
  }
  async approve(_ctx: WorkflowSharedContext, _by: string): Promise<void> {}
}

declare const service: ServiceClient<typeof greeter>;
expectTypeOf(service.call.greet({ name: 'a' })).resolves.toEqualTypeOf<string>();
expectTypeOf(service.call.ping()).resolves.toEqualTypeOf<number>();
// @ts-expect-error no such handler
void service.call.nope();
declare const object: ObjectClient<typeof counter>;
expectTypeOf(object.of('k').call.add(1)).resolves.toEqualTypeOf<number>();
// @ts-expect-error the key is part of the address
void object.call;
declare const workflow: WorkflowClient<typeof flow>;
expectTypeOf(workflow.of('id').submit('x').attach()).resolves.toEqualTypeOf<number>();
expectTypeOf(workflow.of('id').signal.approve('me')).resolves.toEqualTypeOf<void>();
// @ts-expect-error a signal is no query
void workflow.of('id').query.approve;
