import { Injectable, Scope, UsePipes, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { AppliesToHandlers, Handler, Service, Shared, VirtualObject, Workflow, WorkflowRun } from '@rea/core';
import { WebhooksModule } from '@rea/ingress';
import { createTestApp, type TestAppOptions } from '@rea/testing';
import type { Context, ObjectSharedContext, WorkflowContext } from '@restatedev/restate-sdk';
import { IsInt } from 'class-validator';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { LogLines } from './support/log-lines.js';

class Item {
  @IsInt()
  count!: number;
}

class SpecialItem extends Item {
  note?: string;
}

class Plain {
  count!: number;
}

/** A class that is a Standard Schema itself, as DTO libraries for zod make them. */
class ZodItem {
  static readonly '~standard' = z.object({ count: z.number() })['~standard'];
  count!: number;
}

class StricterPipe extends ValidationPipe {}

@AppliesToHandlers()
@Injectable()
class HandlerPipe extends ValidationPipe {}

@AppliesToHandlers()
@Injectable({ scope: Scope.REQUEST })
class RequestPipe extends ValidationPipe {}

/** A service with an input of a class; what the compiler emits for the parameter is what the decorators see. */
function taking(
  type: unknown,
  decorators: { onMethod?: MethodDecorator; onClass?: ClassDecorator; input?: unknown } = {},
) {
  const { onMethod, onClass, input } = decorators;
  class Taking {
    async take(_ctx: Context, _input: never): Promise<string> {
      return 'taken';
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Taking.prototype, 'take')!;
  Reflect.defineMetadata('design:paramtypes', [Object, type], Taking.prototype, 'take');
  onMethod?.(Taking.prototype, 'take', descriptor);
  const options = input === undefined ? {} : { input };
  (Handler(options as never) as MethodDecorator)(Taking.prototype, 'take', descriptor);
  onClass?.(Taking);
  Service()(Taking);
  return Taking;
}

/** What the start says, as a warning with the code or as a refusal. */
async function said(code: string, options: TestAppOptions): Promise<string[]> {
  const log = new LogLines();
  try {
    const app = await createTestApp({
      ...options,
      configure: (nest) => {
        nest.useLogger(log);
        options.configure?.(nest);
      },
    });
    await app.close();
  } catch (error) {
    return [(error as Error).message];
  }
  return log.withCode(code);
}

describe('An input that only looks validated is reported', { meta: { claim: 'validated' } }, () => {
  test.each([
    ['with class-validator rules', Item],
    ['that inherits its rules', SpecialItem],
    ['that is a Standard Schema', ZodItem],
  ])('of a class %s', async (_what, type) => {
    expect(await said('REA2068', { providers: [taking(type)] })).toEqual([
      expect.stringContaining(`An input of the class ${type.name} in Taking/take`),
    ]);
  });

  test('of a shared handler and of a workflow', async () => {
    @VirtualObject()
    class Shelf {
      @Shared()
      async look(_ctx: ObjectSharedContext, _item: Item): Promise<void> {}
    }
    @Workflow({ retention: 'standard' })
    class Order {
      @WorkflowRun()
      async run(_ctx: WorkflowContext, _item: Item): Promise<void> {}
    }
    expect(await said('REA2068', { providers: [Shelf, Order] })).toEqual([
      expect.stringContaining('Shelf/look'),
      expect.stringContaining('Order/run'),
    ]);
  });

  test('and stops the start in mode strict', async () => {
    expect(await said('REA2068', { providers: [taking(Item)], rea: { policy: 'strict' } })).toEqual([
      expect.stringMatching(/^REA2068 unvalidated-input: .*Taking\/take/),
    ]);
  });

  const fine: [string, TestAppOptions][] = [
    ['with the option input', { providers: [taking(Item, { input: Item })] }],
    ['with a pipe on the method', { providers: [taking(Item, { onMethod: UsePipes(ValidationPipe) })] }],
    ['with a pipe on the class', { providers: [taking(Item, { onClass: UsePipes(new ValidationPipe()) })] }],
    ['with a pipe of a subclass', { providers: [taking(Item, { onMethod: UsePipes(StricterPipe) })] }],
    [
      'with a global pipe that has opted in',
      { providers: [taking(Item), { provide: APP_PIPE, useClass: HandlerPipe }] },
    ],
    ['without rules', { providers: [taking(Plain)] }],
    ['that is text', { providers: [taking(String)] }],
    ['that is an interface', { providers: [taking(Object)] }],
  ];
  test.each(fine)('and is not %s', async (_what, options) => {
    expect(await said('REA2068', options)).toEqual([]);
  });

  test('and is, where the global pipe is for HTTP only', async () => {
    const providers = [taking(Item), { provide: APP_PIPE, useClass: StricterPipe }];
    expect(await said('REA2068', { providers })).toHaveLength(1);
  });
});

describe(
  'A ValidationPipe on an input without a class at run time stops the start',
  { meta: { claim: 'validated' } },
  () => {
    const pipes: [string, Parameters<typeof UsePipes>[0]][] = [
      ['the class', ValidationPipe],
      ['an instance', new ValidationPipe()],
      ['a subclass', StricterPipe],
      ['an instance of a subclass', new StricterPipe()],
    ];
    test.each(pipes)('when it is %s', async (_what, pipe) => {
      const refusal = [expect.stringMatching(/^REA1018: Taking\.take/)];
      expect(await said('REA1018', { providers: [taking(Object, { onMethod: UsePipes(pipe) })] })).toEqual(refusal);
      expect(await said('REA1018', { providers: [taking(Object, { onClass: UsePipes(pipe) })] })).toEqual(refusal);
    });

    const global: [string, Omit<TestAppOptions, 'providers'> & { readonly pipe?: object }][] = [
      ['by APP_PIPE', { pipe: { provide: APP_PIPE, useClass: HandlerPipe } }],
      ['by APP_PIPE, per request', { pipe: { provide: APP_PIPE, useClass: RequestPipe } }],
      ['by useGlobalPipes', { configure: (app) => app.useGlobalPipes(new HandlerPipe()) }],
    ];
    test.each(global)('when it is global and has opted in, %s', async (_how, { pipe, ...options }) => {
      const more = pipe ? [pipe as never] : [];
      expect(await said('REA1018', { ...options, providers: [taking(Object), ...more] })).toEqual([
        expect.stringMatching(/^REA1018: Taking\.take/),
      ]);
      const declared = taking(Object, { input: z.object({}) });
      expect(await said('REA1018', { ...options, providers: [declared, ...more] })).toEqual([]);
    });

    test('and does not for what Rea binds itself, nor where it has not opted in', async () => {
      const opted = { provide: APP_PIPE, useClass: HandlerPipe };
      expect(await said('REA1018', { imports: [WebhooksModule], providers: [taking(Item), opted] })).toEqual([]);
      const httpOnly = { provide: APP_PIPE, useClass: StricterPipe };
      expect(await said('REA1018', { providers: [taking(Object), httpOnly] })).toEqual([]);
    });
  },
);
