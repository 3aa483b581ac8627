import {
  Body,
  type CallHandler,
  type CanActivate,
  createParamDecorator,
  Get,
  Headers,
  HttpCode,
  Injectable,
  type NestInterceptor,
  Param,
  Query,
  Scope,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Handler, Service, Shared, VirtualObject } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, iface, type ObjectSharedContext } from '@restatedev/restate-sdk';
import type { Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refused, startError } from './support/start-error.js';

const once = { idempotencyKey: false } as const;

@Injectable({ scope: Scope.REQUEST })
class RequestState {}

const symbol = Symbol('quiet');
const FromRequest = createParamDecorator(() => 'nothing');
const methodOf = (type: new () => object, name: string): unknown =>
  Object.getOwnPropertyDescriptor(type.prototype, name)?.value;
const decorate = (decorator: unknown, target: object, name: string | symbol, descriptor?: PropertyDescriptor) =>
  (decorator as (...args: unknown[]) => void)(target, name, descriptor);

/** Classes that the compiler refuses, as a build without type checks would have them. */
const MEMBERS: [string, () => void][] = [
  [
    'an arrow function in a property',
    () => {
      class Odd {
        ask = async () => 'arrow';
      }
      decorate(Handler(), Odd.prototype, 'ask');
    },
  ],
  [
    'a property without a value',
    () => {
      class Odd {
        declare ask: unknown;
      }
      decorate(Handler(), Odd.prototype, 'ask');
    },
  ],
  [
    'a static method',
    () => {
      class Odd {
        static async ask(): Promise<string> {
          return 'static';
        }

        async tell(): Promise<void> {}
      }
      decorate(Handler(), Odd, 'ask', Object.getOwnPropertyDescriptor(Odd, 'ask'));
    },
  ],
  [
    'a getter',
    () => {
      class Odd {
        get ask() {
          return async () => 'getter';
        }
      }
      decorate(Handler(), Odd.prototype, 'ask', Object.getOwnPropertyDescriptor(Odd.prototype, 'ask'));
    },
  ],
  [
    'a setter',
    () => {
      class Odd {
        set ask(_value: unknown) {}
      }
      decorate(Shared(), Odd.prototype, 'ask', Object.getOwnPropertyDescriptor(Odd.prototype, 'ask'));
    },
  ],
  [
    'a method named by a symbol',
    () => {
      class Odd {
        async [symbol](): Promise<void> {}
      }
      decorate(Handler(), Odd.prototype, symbol, Object.getOwnPropertyDescriptor(Odd.prototype, symbol));
    },
  ],
  [
    'a generator',
    () => {
      class Odd {
        *ask(): Generator<number> {
          yield 1;
        }
      }
      decorate(Handler(), Odd.prototype, 'ask', Object.getOwnPropertyDescriptor(Odd.prototype, 'ask'));
    },
  ],
  [
    'an async generator',
    () => {
      class Odd {
        async *ask(): AsyncGenerator<number> {
          yield 1;
        }
      }
      decorate(Handler(), Odd.prototype, 'ask', Object.getOwnPropertyDescriptor(Odd.prototype, 'ask'));
    },
  ],
  [
    'a method under standard decorators',
    () => {
      class Odd {
        async ask(): Promise<void> {}
      }
      (Handler() as (...args: unknown[]) => void)(methodOf(Odd, 'ask'), { kind: 'method', name: 'ask' });
    },
  ],
  [
    'an arrow function that implements a contract',
    () => {
      const contract = iface.service('Odd', { ask: iface.json<string, string>() });
      @Service(contract)
      class Odd {
        ask = async () => 'arrow';
      }
      void Odd;
    },
  ],
  [
    'an arrow function that overrides the method of a contract with an accessor',
    () => {
      class Base {
        get ask() {
          return async () => 'getter';
        }
      }
      const contract = iface.service('Odd', { ask: iface.json<string, string>() });
      @Service(contract)
      class Odd extends Base {}
      void Odd;
    },
  ],
];

describe('A class is refused in words', { meta: { claim: 'class-shapes' } }, () => {
  test.each(MEMBERS)('when the handler is %s', async (_what, define) => {
    const error = await startError(() => {
      define();
      return {};
    });
    expect(error).toMatchObject(refused('REA1090', '@'));
  });

  const NAMES = ['toJSON', 'toString', 'valueOf', 'hasOwnProperty', '__proto__', 'constructor', 'isPrototypeOf'];

  test.each([...NAMES, 'onModuleInit', 'onApplicationShutdown'])('when a handler method is named %s', async (name) => {
    const error = await startError(() => {
      class Odd {
        async ok(): Promise<void> {}
      }
      const descriptor = { value: methodOf(Odd, 'ok'), configurable: true, enumerable: false, writable: true };
      if (name !== 'constructor') Object.defineProperty(Odd.prototype, name, descriptor);
      decorate(Handler(), Odd.prototype, name, descriptor);
      Service()(Odd);
      return { providers: [Odd] };
    });
    expect(error).toMatchObject(refused('REA1091', `"${name}"`));
  });

  test.each(NAMES)('when a handler has the name %s on the wire', async (name) => {
    @Service()
    class Odd {
      @Handler({ name })
      async ask(_ctx: Context): Promise<void> {}
    }
    expect(await startError({ providers: [Odd] })).toMatchObject(refused('REA1091', 'Odd.ask', `"${name}"`));
  });

  const parameters: [string, ParameterDecorator][] = [
    ['@Body()', Body()],
    ['@Param()', Param('id')],
    ['@Query()', Query()],
    ['@Headers()', Headers()],
    ['a parameter decorator', FromRequest()],
  ];
  test.each(parameters)('when a parameter of a handler has %s', async (name, decorator) => {
    @Service()
    class Odd {
      @Handler()
      async ask(_ctx: Context, _input: string): Promise<void> {}
    }
    decorator(Odd.prototype, 'ask', 1);
    expect(await startError({ providers: [Odd] })).toMatchObject(refused('REA1092', 'Odd.ask', name, 'parameter 2'));
  });

  const routes: [string, MethodDecorator][] = [
    ['@Get', Get()],
    ['@HttpCode', HttpCode(201)],
  ];
  test.each(routes)('when a handler has %s', async (name, decorator) => {
    @Service()
    class Odd {
      @decorator
      @Handler()
      async ask(_ctx: Context): Promise<void> {}
    }
    expect(await startError({ providers: [Odd] })).toMatchObject(refused('REA1092', 'Odd.ask', name));
  });

  test('when a method has two kinds', async () => {
    const define = () => {
      @VirtualObject()
      class Odd {
        @Shared()
        @Handler()
        async ask(_ctx: ObjectSharedContext): Promise<void> {}
      }
      return { providers: [Odd] };
    };
    expect(await startError(define)).toMatchObject(refused('REA1093', 'Odd.ask', '@Handler', '@Shared'));
  });

  test('when a class has two kinds', async () => {
    const define = () => {
      @VirtualObject()
      @Service()
      class Odd {
        @Handler()
        async ask(_ctx: Context): Promise<void> {}
      }
      return { providers: [Odd] };
    };
    expect(await startError(define)).toMatchObject(refused('REA1093', 'Odd', 'service', 'object'));
  });

  @Injectable()
  class Deny implements CanActivate {
    canActivate(): boolean {
      return false;
    }
  }
  @Injectable()
  class Pass implements NestInterceptor {
    intercept(_context: unknown, next: CallHandler): Observable<unknown> {
      return next.handle();
    }
  }

  abstract class Guarded {
    @Handler()
    @UseGuards(Deny)
    async ask(_ctx: Context): Promise<string> {
      return 'base';
    }

    @Handler()
    @UseInterceptors(Pass)
    async tell(_ctx: Context): Promise<string> {
      return 'base';
    }
  }

  test('when an override loses the guard of what it overrides', async () => {
    @Service()
    class Odd extends Guarded {
      override async ask(_ctx: Context): Promise<string> {
        return 'override';
      }
    }
    expect(await startError({ providers: [Odd] })).toMatchObject(refused('REA1094', 'Odd.ask', '@UseGuards'));
  });

  test('when a property of the instance hides a method that has an interceptor', async () => {
    @Service()
    class Odd extends Guarded {
      constructor() {
        super();
        this.tell = async () => 'arrow';
      }
    }
    expect(await startError({ providers: [Odd] })).toMatchObject(refused('REA1094', 'Odd.tell', '@UseInterceptors'));
  });

  test('when its constructor returns another object', async () => {
    @Service()
    class Odd {
      constructor() {
        return {} as Odd;
      }

      @Handler()
      async ask(_ctx: Context): Promise<void> {}
    }
    expect(await startError({ providers: [Odd] })).toMatchObject(refused('REA1095', 'Odd.ask'));
  });
});

@Injectable()
class Allow implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

abstract class Base {
  @Handler()
  @UseGuards(Allow)
  async guarded(_ctx: Context): Promise<string> {
    return 'base';
  }

  @Handler()
  async plain(_ctx: Context): Promise<string> {
    return 'base';
  }

  @Handler()
  async arrow(_ctx: Context): Promise<string> {
    return 'base';
  }
}

@Service()
class Derived extends Base {
  constructor() {
    super();
    this.arrow = async () => `arrow of ${this.constructor.name}`;
  }

  @UseGuards()
  override async guarded(_ctx: Context): Promise<string> {
    return 'derived';
  }

  override async plain(_ctx: Context): Promise<string> {
    return `derived from ${await super.plain(_ctx)}`;
  }

  @Handler()
  private async hidden(_ctx: Context): Promise<string> {
    return 'private';
  }

  @Handler()
  async catch(_ctx: Context): Promise<string> {
    return 'caught';
  }

  @Handler()
  async subscribe(_ctx: Context): Promise<string> {
    return 'subscribed';
  }

  @Handler()
  async next(_ctx: Context): Promise<string> {
    return 'next';
  }

  @Handler()
  async pipe(_ctx: Context): Promise<string> {
    return 'piped';
  }
}

@Service()
class Wrapped {
  constructor() {
    return new Proxy(this, { get: (self, name) => Reflect.get(self, name) as unknown });
  }

  @Handler()
  async ask(_ctx: Context): Promise<string> {
    return 'through a proxy';
  }
}

@Service()
class Strange {
  constructor(readonly state: RequestState) {
    return { state } as unknown as Strange;
  }

  @Handler()
  async ask(_ctx: Context): Promise<void> {}
}

describe('A class works', { meta: { claim: 'class-shapes' } }, () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Derived, Wrapped, Strange, RequestState] });
  });
  afterAll(() => app?.close());

  test.each([
    ['guarded', 'derived'],
    ['plain', 'derived from base'],
    ['arrow', 'arrow of Derived'],
    ['hidden', 'private'],
    ['catch', 'caught'],
    ['subscribe', 'subscribed'],
    ['next', 'next'],
    ['pipe', 'piped'],
  ])('whose handler %s is overridden, hidden or has an odd name', async (name, answer) => {
    const { call } = app.ingress.service(Derived);
    const handlers = call as unknown as Record<string, (input: undefined, options: typeof once) => Promise<string>>;
    expect(await handlers[name]!(undefined, once)).toBe(answer);
  });

  test('whose constructor returns a proxy of itself', async () => {
    expect(await app.ingress.service(Wrapped).call.ask(undefined, once)).toBe('through a proxy');
  });

  test('and a request-scoped one without its method fails terminally, in words', async () => {
    await expect(app.ingress.service(Strange).call.ask(undefined, once)).rejects.toThrow(/REA1095: .*Strange.*ask/);
  });
});
