import {
  type ArgumentsHost,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, REQUEST } from '@nestjs/core';
import type { Context, Request } from '@restatedev/restate-sdk';
import { TerminalError } from '@restatedev/restate-sdk';
import { AppliesToHandlers, Handler, handlerArguments, RESTATE_CONTEXT_TYPE, run, Service } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { IsInt, IsString } from 'class-validator';
import { catchError, map, type Observable, of } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const log: string[] = [];
const quiet = { idempotencyKey: false } as const;

@Injectable()
class Roles {
  allowed = (role: string | undefined) => role === 'admin';
}

@Injectable()
class RolesGuard implements CanActivate {
  constructor(private readonly roles: Roles) {}
  canActivate(context: ExecutionContext): boolean {
    log.push(`guard ${context.getType<string>()} ${context.getClass().name}.${context.getHandler().name}`);
    return this.roles.allowed(handlerArguments(context).ctx.request().headers.get('x-role'));
  }
}

@Injectable()
class DurableGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    await handlerArguments(context).ctx.run('peek', () => 1);
    return true;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedGuard implements CanActivate {
  constructor(@Inject(REQUEST) private readonly request: Request) {}
  canActivate(): boolean {
    return this.request.headers.get('x-tenant') === 'acme';
  }
}

@Injectable()
class HttpOnlyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    log.push('http-only guard');
    return context.switchToHttp().getRequest<{ headers: object }>().headers !== undefined;
  }
}

@AppliesToHandlers()
@Injectable()
class GlobalGuard implements CanActivate {
  canActivate(): boolean {
    log.push('global guard');
    return true;
  }
}

@AppliesToHandlers()
@Injectable()
class GlobalInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    log.push('global interceptor');
    return next.handle();
  }
}

@AppliesToHandlers()
@Injectable()
class GlobalPipe implements PipeTransform {
  transform(value: unknown): unknown {
    return value === 'trim me ' ? 'trimmed' : value;
  }
}

@Injectable()
class Upper implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => (typeof value === 'string' ? value.toUpperCase() : value)));
  }
}

@Injectable()
class SwallowInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError(() => of('swallowed')));
  }
}

@Catch()
class CatchAll implements ExceptionFilter {
  catch(error: Error, host: ArgumentsHost): string {
    log.push(`filter ${host.getType<string>()} ${error.name}`);
    return 'handled';
  }
}

@AppliesToHandlers()
@Catch()
class GlobalCatchAll implements ExceptionFilter {
  catch(): string {
    log.push('global filter');
    return 'handled globally';
  }
}

class DomainError extends Error {}

@Catch(DomainError)
class DomainFilter implements ExceptionFilter {
  catch(error: DomainError): never {
    throw new TerminalError(`mapped: ${error.message}`, { errorCode: 422 });
  }
}

class OrderDto {
  @IsString() sku!: string;
  @IsInt() quantity!: number;
}

@Service()
class Guarded {
  failures = 0;
  @Handler()
  @UseGuards(RolesGuard)
  async secret(ctx: Context): Promise<string> {
    const value = await run(ctx, 'step', () => 'secret');
    await ctx.sleep(1);
    this.failures += 1;
    if (this.failures === 1) throw new Error('fails once');
    return value;
  }
  @Handler()
  @UseGuards(DurableGuard)
  async durable(_ctx: Context): Promise<string> {
    return 'entered';
  }
}

@Service()
class ScopedGuarded {
  @Handler()
  @UseGuards(ScopedGuard)
  async enter(_ctx: Context): Promise<string> {
    return 'in';
  }
}

@Service()
@UseFilters(CatchAll)
class Swallowing {
  attempts = 0;
  @Handler()
  @UseInterceptors(SwallowInterceptor)
  async fail(_ctx: Context): Promise<string> {
    throw new TerminalError('stays failed', { errorCode: 418 });
  }
  @Handler()
  @UseInterceptors(SwallowInterceptor)
  async retried(_ctx: Context): Promise<string> {
    this.attempts += 1;
    if (this.attempts < 3) throw new Error('again');
    return `attempt ${this.attempts}`;
  }
  @Handler()
  @UseInterceptors(SwallowInterceptor)
  async suspended(ctx: Context): Promise<string> {
    await ctx.sleep(20);
    return 'woke up';
  }
  @Handler()
  @UseInterceptors(SwallowInterceptor)
  async cancelled(ctx: Context): Promise<string> {
    await ctx.sleep({ hours: 1 });
    return 'never';
  }
}

@Service()
@UseInterceptors(Upper)
class Piped {
  entered = 0;
  @Handler()
  @UsePipes(new ValidationPipe({ transform: true, whitelist: true }))
  async order(_ctx: Context, order: OrderDto): Promise<string> {
    this.entered += 1;
    return `${order.constructor.name} ${order.sku} x${order.quantity}`;
  }
  @Handler()
  async echo(_ctx: Context, text: string): Promise<string> {
    return text;
  }
  @Handler()
  @UseFilters(DomainFilter)
  async domain(_ctx: Context): Promise<void> {
    throw new DomainError('no stock');
  }
  @Handler()
  async http(_ctx: Context): Promise<void> {
    throw new BadRequestException('bad');
  }
}

let app: ReaTestApp;

beforeAll(async () => {
  app = await createTestApp({
    providers: [
      Roles,
      Guarded,
      ScopedGuarded,
      Swallowing,
      Piped,
      { provide: APP_GUARD, useClass: HttpOnlyGuard },
      { provide: APP_GUARD, useClass: GlobalGuard },
      { provide: APP_INTERCEPTOR, useClass: GlobalInterceptor },
      { provide: APP_PIPE, useClass: GlobalPipe },
      { provide: APP_FILTER, useClass: GlobalCatchAll },
    ],
  });
});
afterAll(() => app?.close());
beforeEach(() => {
  log.length = 0;
});

describe('guards', () => {
  test('a denial is a terminal 403, and the handler is not entered', async () => {
    const call = app.ingress.service(Guarded).call.secret(undefined, quiet);
    await expect(call).rejects.toMatchObject({ status: 403 });
    expect(log.filter((line) => line.startsWith('guard'))).toEqual([`guard ${RESTATE_CONTEXT_TYPE} Guarded.secret`]);
    expect(app.get(Guarded).failures).toBe(0);
  });

  test('a guard decides once, not again on retries and replays', async () => {
    const headers = { 'x-role': 'admin' };
    const answer = await app.ingress.service(Guarded).call.secret(undefined, { ...quiet, headers });
    expect(answer).toBe('secret');
    expect(app.get(Guarded).failures).toBe(2);
    expect(log.filter((line) => line.startsWith('guard'))).toHaveLength(1);
    expect(log.filter((line) => line === 'global guard')).toHaveLength(1);
  });

  test('a guard cannot use durable operations', async () => {
    const call = app.ingress.service(Guarded).call.durable(undefined, quiet);
    await expect(call).rejects.toThrow(/REA2001.*ctx\.run\(\) inside a guard/);
  });

  test('a request-scoped guard gets the invocation as REQUEST', async () => {
    const { call } = app.ingress.service(ScopedGuarded);
    await expect(call.enter(undefined, quiet)).rejects.toMatchObject({ status: 403 });
    expect(await call.enter(undefined, { ...quiet, headers: { 'x-tenant': 'acme' } })).toBe('in');
  });

  test('a global guard for HTTP only does not run; one that has opted in does', async () => {
    await app.ingress.service(Piped).call.echo('hi', quiet);
    expect(log).toEqual(['global guard', 'global interceptor']);
  });
});

describe('interceptors and filters', () => {
  test('cannot turn a failure into success', async () => {
    const call = app.ingress.service(Swallowing).call.fail(undefined, quiet);
    await expect(call).rejects.toMatchObject({ status: 418, message: 'stays failed' });
    expect(log).toContain(`filter ${RESTATE_CONTEXT_TYPE} TerminalError`);
  });

  test('cannot turn a retryable error into success', async () => {
    expect(await app.ingress.service(Swallowing).call.retried(undefined, quiet)).toBe('attempt 3');
  });

  test('cannot turn a suspension into success', async () => {
    expect(await app.ingress.service(Swallowing).call.suspended(undefined, quiet)).toBe('woke up');
  });

  test('cannot turn a cancellation into success', async () => {
    const key = 'cancel-me';
    const sent = await app.ingress.service(Swallowing).send.cancelled(undefined, { idempotencyKey: key });
    await app.cancel(sent.invocationId);
    await expect(sent.result()).rejects.toMatchObject({ status: 409 });
  });

  test('an interceptor may change a result', async () => {
    expect(await app.ingress.service(Piped).call.echo('loud', quiet)).toBe('LOUD');
  });

  test('a filter may replace an error by throwing another', async () => {
    const call = app.ingress.service(Piped).call.domain(undefined, quiet);
    await expect(call).rejects.toMatchObject({ status: 422, message: 'mapped: no stock' });
    expect(log).not.toContain('global filter');
  });

  test('a global filter that has opted in sees errors without a nearer filter, and cannot handle them away', async () => {
    await expect(app.ingress.service(Piped).call.http(undefined, quiet)).rejects.toMatchObject({ status: 400 });
    expect(log).toContain('global filter');
  });
});

describe('pipes', () => {
  test('the standard ValidationPipe makes a DTO instance', async () => {
    const answer = await app.ingress.service(Piped).call.order({ sku: 'A', quantity: 2 }, quiet);
    expect(answer).toBe('ORDERDTO A X2');
  });

  test('an input that it refuses is a 400 with field details, in one attempt, and the handler is not entered', async () => {
    const entered = app.get(Piped).entered;
    const wrong = { sku: 1, quantity: 'x' } as never;
    await expect(app.ingress.service(Piped).call.order(wrong, quiet)).rejects.toMatchObject({
      status: 400,
      response: { details: [{ message: 'sku must be a string' }, { message: 'quantity must be an integer number' }] },
    });
    expect(app.get(Piped).entered).toBe(entered);
    expect(log.filter((line) => line === 'global guard')).toHaveLength(1);
  });

  test('a global pipe that has opted in runs', async () => {
    expect(await app.ingress.service(Piped).call.echo('trim me ', quiet)).toBe('TRIMMED');
  });
});

describe('refusals at start-up', () => {
  test('class enhancers on a factory provider, which Nest would silently not create', async () => {
    @Service()
    class FromFactory {
      @Handler()
      @UseGuards(RolesGuard)
      async go(_ctx: Context): Promise<void> {}
    }
    const start = createTestApp({ providers: [{ provide: FromFactory, useFactory: () => new FromFactory() }] });
    await expect(start).rejects.toThrow(/REA1017.*FromFactory has @UseGuards/);
  });

  test('a ValidationPipe on an input that has no class at run time', async () => {
    @Service()
    class Erased {
      @Handler()
      @UsePipes(ValidationPipe)
      async go(_ctx: Context, _input: { a: number }): Promise<void> {}
    }
    await expect(createTestApp({ providers: [Erased] })).rejects.toThrow(/REA1018.*Erased\.go/);
  });
});
