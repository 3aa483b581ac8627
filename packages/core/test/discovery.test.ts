import { Controller, Global, Injectable, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  getClientToken,
  Handler,
  InjectClient,
  ReaModule,
  ReaRuntime,
  Service,
  type ServiceClient,
  Shared,
  UnsupportedNodeError,
  VirtualObject,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { createTestApp } from '@rea/testing';
import type { Context, ObjectContext, WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { refused, startError } from './support/start-error.js';

@Service()
class Good {
  @Handler()
  async hello(_ctx: Context): Promise<string> {
    return 'hello';
  }
}

describe('The application does not start', () => {
  test('with a component without handlers', async () => {
    @Service()
    class Empty {}
    expect(await startError({ providers: [Empty] })).toMatchObject(refused('REA1003', 'Empty', '@Handler'));
  });

  test('with a workflow without a run method', async () => {
    @Workflow()
    class Idle {
      @WorkflowQuery()
      async status(_ctx: WorkflowSharedContext): Promise<string> {
        return 'idle';
      }
    }
    expect(await startError({ providers: [Idle] })).toMatchObject(refused('REA1005', 'Idle', '@WorkflowRun'));
  });

  test('with a workflow with two run methods', async () => {
    @Workflow()
    class Torn {
      @WorkflowRun()
      async one(_ctx: WorkflowContext): Promise<void> {}

      @WorkflowRun()
      async two(_ctx: WorkflowContext): Promise<void> {}
    }
    expect(await startError({ providers: [Torn] })).toMatchObject(refused('REA1005', 'Torn', 'one', 'two'));
  });

  test('with a decorator on a method that its component does not have', async () => {
    const decorate = (type: Type, decorator: unknown) =>
      (decorator as MethodDecorator)(type.prototype, 'odd', Object.getOwnPropertyDescriptor(type.prototype, 'odd')!);
    class SharedInService {
      async odd(): Promise<void> {}
    }
    decorate(SharedInService, Shared());
    Service()(SharedInService);
    expect(await startError({ providers: [SharedInService] })).toMatchObject(
      refused('REA1006', 'SharedInService.odd', '@Shared', 'service', '@Handler'),
    );
    class RunInObject {
      async odd(): Promise<void> {}
    }
    decorate(RunInObject, WorkflowRun());
    VirtualObject()(RunInObject);
    expect(await startError({ providers: [RunInObject] })).toMatchObject(refused('REA1006', 'RunInObject.odd'));
    class HandlerInWorkflow {
      async odd(): Promise<void> {}
      async go(): Promise<void> {}
    }
    decorate(HandlerInWorkflow, Handler());
    Workflow()(HandlerInWorkflow);
    expect(await startError({ providers: [HandlerInWorkflow] })).toMatchObject({
      code: expect.stringMatching(/^REA100[56]$/),
    });
  });

  test('with two components of one name, and names both', async () => {
    @Service({ name: 'Twin' })
    class Castor extends Good {}
    @Service({ name: 'Twin' })
    class Pollux extends Good {}
    expect(await startError({ providers: [Castor, Pollux] })).toMatchObject(
      refused('REA1013', 'Twin', 'Castor', 'Pollux'),
    );
  });

  test('with a base class and its subclass', async () => {
    class Better extends Good {}
    expect(await startError({ providers: [Good, Better] })).toMatchObject(refused('REA1013', 'Good', 'Better'));
  });

  test('with one class in two modules, and names both modules', async () => {
    @Module({ providers: [Good] })
    class LeftModule {}
    @Module({ providers: [Good] })
    class RightModule {}
    expect(await startError({ imports: [LeftModule, RightModule] })).toMatchObject(
      refused('REA1013', 'Good', 'LeftModule', 'Good', 'RightModule'),
    );
  });

  test('with a handler named then', async () => {
    @Service()
    class Renamed {
      @Handler({ name: 'then' })
      async later(_ctx: Context): Promise<void> {}
    }
    expect(await startError({ providers: [Renamed] })).toMatchObject(refused('REA1007', 'Renamed.later'));
  });

  test.each(['then', 'later'])('with a method named then, under the wire name %s', async (name) => {
    const define = () => {
      @Service()
      class Promising {
        @Handler({ name })
        // oxlint-disable-next-line unicorn/no-thenable -- what is refused
        async then(_ctx: Context): Promise<void> {}
      }
      return { providers: [Promising] };
    };
    expect(await startError(define)).toMatchObject(refused('REA1007', 'Promising.then'));
  });

  test.each(['has space', 'with/slash', '1digit', '', '_rea_run', 'ünïcode'])(
    'with a handler named "%s"',
    async (name) => {
      @Service()
      class Named {
        @Handler({ name })
        async call(_ctx: Context): Promise<void> {}
      }
      expect(await startError({ providers: [Named] })).toMatchObject(refused('REA1008', 'Named.call'));
    },
  );

  test.each(['has space', 'with/slash', '', '.dot'])('with a component named "%s"', async (name) => {
    @Service({ name })
    class Misnamed {
      @Handler()
      async call(_ctx: Context): Promise<void> {}
    }
    expect(await startError({ providers: [Misnamed] })).toMatchObject(refused('REA1002', 'Misnamed'));
  });

  test('with two handlers of one name', async () => {
    @Service()
    class Doubled {
      @Handler({ name: 'same' })
      async one(_ctx: Context): Promise<void> {}

      @Handler({ name: 'same' })
      async two(_ctx: Context): Promise<void> {}
    }
    expect(await startError({ providers: [Doubled] })).toMatchObject(
      refused('REA1004', 'Doubled', 'one', 'two', 'same'),
    );
    @Workflow()
    class Colliding {
      @WorkflowRun()
      async go(_ctx: WorkflowContext): Promise<void> {}

      @WorkflowSignal({ name: 'run' })
      async signal(_ctx: WorkflowSharedContext): Promise<void> {}
    }
    expect(await startError({ providers: [Colliding] })).toMatchObject(refused('REA1004', 'Colliding', 'run'));
  });

  test('with handlers in a class without a component decorator', async () => {
    @Injectable()
    class Stray {
      @Handler()
      async call(_ctx: Context): Promise<void> {}
    }
    expect(await startError({ providers: [Stray] })).toMatchObject(refused('REA1010', 'Stray.call', '@Service'));
    expect(await startError({ providers: [{ provide: 'stray', useFactory: () => new Stray() }] })).toMatchObject(
      refused('REA1010', 'Stray.call'),
    );
  });

  test('with handlers in a controller', async () => {
    @Controller()
    class Front {
      @Handler()
      async call(_ctx: Context): Promise<void> {}
    }
    expect(await startError({ providers: [Good], controllers: [Front] })).toMatchObject(
      refused('REA1010', 'Front.call'),
    );
  });

  test.each(['input', 'output'] as const)('with %s: undefined, as an import circle leaves it', async (direction) => {
    @Service()
    class Circular {
      async call(_ctx: Context, value: number): Promise<number> {
        return value;
      }
    }
    const decorator = Handler({ [direction]: undefined });
    decorator(Circular.prototype, 'call', Object.getOwnPropertyDescriptor(Circular.prototype, 'call') as never);
    expect(await startError({ providers: [Circular] })).toMatchObject(
      refused('REA1009', 'Circular.call', `${direction}: undefined`),
    );
  });

  test('with an unknown component or handler in the option components, and names those that exist', async () => {
    expect(await startError({ providers: [Good] }, { components: { Goood: {} } })).toMatchObject(
      refused('REA1012', 'Goood', 'Good'),
    );
    expect(await startError({ providers: [Good] }, { components: { Good: { handlers: { helo: {} } } } })).toMatchObject(
      refused('REA1012', 'helo', 'hello'),
    );
  });

  test('with an undecorated client target, and names the injecting class', async () => {
    class Plain {
      async call(_ctx: Context): Promise<void> {}
    }
    @Service()
    class Asking {
      constructor(@InjectClient(Plain) private readonly plain: ServiceClient<Plain>) {}

      @Handler()
      async ask(_ctx: Context): Promise<void> {
        await this.plain.call.call();
      }
    }
    expect(await startError({ providers: [Good, Asking] })).toMatchObject(
      refused('REA1014', 'Plain', 'Asking', '@Service'),
    );
  });

  describe('on a Node that the SDK does not work on', () => {
    const real = process.versions;
    afterEach(() => Object.defineProperty(process, 'versions', { value: real }));

    const startOn = (node: string) => {
      Object.defineProperty(process, 'versions', { value: { ...real, node }, configurable: true });
      return startError({ providers: [Good] });
    };

    test.each(['18.20.4', '20.19.0', '21.7.3'])('(%s)', async (node) => {
      const error = await startOn(node);
      expect(error).toBeInstanceOf(UnsupportedNodeError);
      expect(error).toMatchObject(refused('REA1000', node));
    });

    test.each(['22.0.0', '24.1.0', '100.0.0'])('and does on %s', async (node) => {
      expect(await startOn(node)).toBeUndefined();
    });
  });
});

describe('The application starts', () => {
  test('with a subclass alone, under the name of its base', async () => {
    class Better extends Good {
      override async hello(_ctx: Context): Promise<string> {
        return 'better';
      }
    }
    await using app = await createTestApp({ providers: [Better] });
    expect(await app.ingress.service(Good).call.hello(undefined, { idempotencyKey: false })).toBe('better');
  });

  test('with a subclass that is a component of its own beside its base, and inherits handlers', async () => {
    @Service({ name: 'Deluxe' })
    class Deluxe extends Good {
      @Handler()
      async extra(_ctx: Context): Promise<string> {
        return 'extra';
      }
    }
    await using app = await createTestApp({ providers: [Good, Deluxe] });
    const { call } = app.ingress.service(Deluxe);
    expect(await call.hello(undefined, { idempotencyKey: false })).toBe('hello');
    expect(await call.extra(undefined, { idempotencyKey: false })).toBe('extra');
  });

  test('with components made by factories, as values, under other tokens and aliases, each served once', async () => {
    @VirtualObject()
    class Box {
      constructor(private readonly size: number) {}

      @Handler()
      async measure(_ctx: ObjectContext): Promise<number> {
        return this.size;
      }
    }
    await using app = await createTestApp({
      providers: [
        { provide: 'box', useFactory: async () => new Box(3) },
        { provide: 'alias', useExisting: 'box' },
        { provide: Good, useValue: new Good() },
      ],
    });
    expect(await app.ingress.object(Box).of('b').call.measure(undefined, { idempotencyKey: false })).toBe(3);
    expect(await app.ingress.service(Good).call.hello(undefined, { idempotencyKey: false })).toBe('hello');
  });

  test('with a component that a module exports and another imports', async () => {
    @Global()
    @Module({ providers: [Good], exports: [Good] })
    class GoodModule {}
    @Module({ imports: [GoodModule], exports: [GoodModule] })
    class OuterModule {}
    await using app = await createTestApp({ imports: [OuterModule, GoodModule] });
    expect(await app.ingress.service(Good).call.hello(undefined, { idempotencyKey: false })).toBe('hello');
  });

  test('without components: no endpoint is opened', async () => {
    const module = await Test.createTestingModule({
      imports: [ReaModule.forRoot({ server: { ingressUrl: 'http://127.0.0.1:1' }, registration: false })],
    }).compile();
    const app = module.createNestApplication();
    await app.init();
    expect(app.get(ReaRuntime).endpointUrl).toBeUndefined();
    await app.close();
  });

  test('with clients of components that are served elsewhere', async () => {
    @Service({ name: 'Elsewhere' })
    class Elsewhere {
      @Handler({ input: z.string() })
      async call(_ctx: Context, text: string): Promise<string> {
        return text;
      }
    }
    @Service()
    class Asking {
      constructor(@InjectClient(Elsewhere) private readonly elsewhere: ServiceClient<Elsewhere>) {}

      @Handler()
      async ask(_ctx: Context): Promise<string> {
        return this.elsewhere.call.call('x');
      }
    }
    await using app = await createTestApp({ providers: [Asking] });
    expect(app.get(getClientToken(Elsewhere))).toBeDefined();
  });
});

test('Nothing of a refused start stays behind: the next application starts', async () => {
  vi.stubEnv('NODE_ENV', 'test');
  @Service()
  class Empty {}
  expect(await startError({ providers: [Empty] })).toBeDefined();
  expect(await startError({ providers: [Good] })).toBeUndefined();
  vi.unstubAllEnvs();
});

test('A client target that an import circle left undefined stops the start of its application, and of no other', async () => {
  @Service()
  class Dizzy {
    constructor(@InjectClient(() => undefined as never) private readonly other: ServiceClient<Good>) {}

    @Handler()
    async ask(_ctx: Context): Promise<string> {
      return this.other.call.hello();
    }
  }
  expect(await startError({ providers: [Dizzy] })).toMatchObject(refused('REA1014', 'Dizzy', '() =>'));
  expect(await startError({ providers: [Good] })).toBeUndefined();
});
