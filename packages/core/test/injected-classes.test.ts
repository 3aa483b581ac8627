import { Injectable, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { getClientToken, Handler, InjectClient, Service, type ServiceClient } from '@rea/core';
import { getIngressToken, InjectIngress, type IngressServiceClient } from '@rea/ingress';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const once = { idempotencyKey: false } as const;

@Service()
class Greeter {
  @Handler()
  async hello(_ctx: Context, name: string): Promise<string> {
    return `hello ${name}`;
  }
}

/** What a class remembers of itself in places that no copy of its properties has. */
abstract class Secretive {
  readonly #secret = 'kept';
  protected readonly self = this;

  reveal(): string {
    return this.self === this ? this.#secret : 'another instance';
  }
}

@Service()
class ByClass extends Secretive {
  #prefix = '> ';

  constructor(@InjectClient(Greeter) private readonly greeter: ServiceClient<Greeter>) {
    super();
  }

  @Handler()
  async ask(_ctx: Context, name: string): Promise<string> {
    return `${this.#prefix}${this.#format(await this.greeter.call.hello(name))} ${this.reveal()}`;
  }

  #format(text: string): string {
    return text.toUpperCase();
  }
}

@Service()
class ByThunk extends Secretive {
  #prefix = '> ';

  constructor(@InjectClient(() => Greeter) private readonly greeter: ServiceClient<Greeter>) {
    super();
  }

  @Handler()
  async ask(_ctx: Context, name: string): Promise<string> {
    return `${this.#prefix}${(await this.greeter.call.hello(name)).toUpperCase()} ${this.reveal()}`;
  }
}

@Service()
class ByProperty extends Secretive {
  @InjectClient(() => Greeter) private readonly greeter!: ServiceClient<Greeter>;
  readonly #prefix = '> ';

  @Handler()
  async ask(_ctx: Context, name: string): Promise<string> {
    return `${this.#prefix}${(await this.greeter.call.hello(name)).toUpperCase()} ${this.reveal()}`;
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestState {}

@Service()
class ByRequest extends Secretive {
  readonly #prefix = '> ';

  constructor(
    readonly state: RequestState,
    @InjectClient(() => Greeter) private readonly greeter: ServiceClient<Greeter>,
  ) {
    super();
  }

  @Handler()
  async ask(_ctx: Context, name: string): Promise<string> {
    return `${this.#prefix}${(await this.greeter.call.hello(name)).toUpperCase()} ${this.reveal()}`;
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Helper extends Secretive {
  readonly #prefix = '> ';

  constructor(@InjectClient(() => Greeter) private readonly greeter: ServiceClient<Greeter>) {
    super();
  }

  async ask(name: string): Promise<string> {
    return `${this.#prefix}${(await this.greeter.call.hello(name)).toUpperCase()} ${this.reveal()}`;
  }
}

@Service()
class ByTransient {
  constructor(private readonly helper: Helper) {}

  @Handler()
  async ask(_ctx: Context, name: string): Promise<string> {
    return this.helper.ask(name);
  }
}

/** Its constructor is the base class's. */
@Service()
class ByInheritance extends ByThunk {
  readonly #own = 'kept';

  @Handler()
  override async ask(ctx: Context, name: string): Promise<string> {
    return (await super.ask(ctx, name)).replace('kept', this.#own);
  }
}

/** Two components that call each other. */
@Service()
class Ping {
  readonly #name = 'ping';

  constructor(@InjectClient(() => Pong) private readonly pong: ServiceClient<Pong>) {}

  @Handler()
  async ping(_ctx: Context, rounds: number): Promise<string> {
    return rounds === 0 ? this.#name : `${this.#name} ${await this.pong.call.pong(rounds - 1)}`;
  }
}

@Service()
class Pong {
  readonly #name = 'pong';

  constructor(@InjectClient(() => Ping) private readonly ping: ServiceClient<Ping>) {}

  @Handler()
  async pong(_ctx: Context, rounds: number): Promise<string> {
    return rounds === 0 ? this.#name : `${this.#name} ${await this.ping.call.ping(rounds - 1)}`;
  }
}

@Injectable()
class FrontByClass extends Secretive {
  constructor(@InjectIngress(Greeter) readonly greeter: IngressServiceClient<Greeter>) {
    super();
  }
}

@Injectable()
class FrontByThunk extends Secretive {
  constructor(@InjectIngress(() => Greeter) readonly greeter: IngressServiceClient<Greeter>) {
    super();
  }
}

@Injectable()
class FrontByProperty extends Secretive {
  @InjectIngress(() => Greeter) readonly greeter!: IngressServiceClient<Greeter>;
}

describe(
  '#private members and identity survive where a client is injected',
  { meta: { claim: 'class-shapes' } },
  () => {
    let app: ReaTestApp;
    beforeAll(async () => {
      const components = [Greeter, ByClass, ByThunk, ByProperty, ByRequest, ByTransient, Ping, Pong];
      app = await createTestApp({
        providers: [...components, RequestState, Helper, FrontByClass, FrontByThunk, FrontByProperty],
      });
    });
    afterAll(() => app?.close());

    test.each([ByClass, ByThunk, ByProperty, ByRequest, ByTransient])('in a handler: %o', async (component) => {
      expect(await app.ingress.service<ByClass>(component as typeof ByClass).call.ask('Ada', once)).toBe(
        '> HELLO ADA kept',
      );
    });

    test.each([FrontByClass, FrontByThunk, FrontByProperty])('outside of handlers: %o', async (front) => {
      const instance = app.get(front);
      expect(instance.reveal()).toBe('kept');
      expect(await instance.greeter.call.hello('Ada', once)).toBe('hello Ada');
    });

    test('in two components that inject each other', async () => {
      expect(await app.ingress.service(Ping).call.ping(3, once)).toBe('ping pong ping pong');
    });

    test('in a subclass that inherits the constructor', async () => {
      await using own = await createTestApp({ providers: [Greeter, ByInheritance] });
      expect(await own.ingress.service(ByInheritance).call.ask('Ada', once)).toBe('> HELLO ADA kept');
    });

    test('in a lazily loaded module, whose thunk names a class that is not loaded yet', async () => {
      // As where two files import each other: the thunk's class is defined after the decorator has run.
      @Injectable()
      class Late extends Secretive {
        constructor(@InjectIngress(() => Later) readonly later: IngressServiceClient<Greeter>) {
          super();
        }
      }
      @Service({ name: 'Greeter' })
      class Later extends Greeter {}
      @Module({ providers: [Late] })
      class LateModule {}
      const loaded = (await app.app.get(LazyModuleLoader).load(() => LateModule)).get(Late);
      expect(loaded.reveal()).toBe('kept');
      expect(await loaded.later.call.hello('Ada', once)).toBe('hello Ada');
    });

    test('A client that is replaced by its token is replaced where a thunk injects it', async () => {
      const stub = { call: { hello: async () => 'stub' } };
      await using own = await createTestApp({
        providers: [Greeter, ByThunk, FrontByThunk],
        override: (builder) =>
          builder
            .overrideProvider(getClientToken(Greeter))
            .useValue(stub)
            .overrideProvider(getIngressToken(Greeter))
            .useValue(stub),
      });
      expect(await own.ingress.service(ByThunk).call.ask('Ada', once)).toBe('> STUB kept');
      expect(own.get(FrontByThunk).greeter).toBe(stub);
    });
  },
);
