import {
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Inject,
  Injectable,
  Logger,
  type NestInterceptor,
  type PipeTransform,
  Scope,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, REQUEST } from '@nestjs/core';
import { AppliesToHandlers, Handler, run, Service } from '@rea/core';
import { Compensation, compensateWith, DeadLetters, SagaModule, Sagas } from '@rea/saga';
import { createTestApp, type ReaTestApp, type TestAppOptions } from '@rea/testing';
import { type Context, type Request, type Serde, TerminalError } from '@restatedev/restate-sdk';
import { catchError, map, of, throwError } from 'rxjs';
import { describe, expect, test, vi } from 'vitest';
import { tried } from '../../../test/support/claim.js';
import { eventually } from '../../core/test/support/eventually.js';
import { Effects } from './support/effects.js';

for (const level of ['log', 'warn', 'error'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});

const effects = new Effects();
const broken = new Set<string>();

@Injectable()
class Bank {
  @Compensation('refund')
  async refund(ctx: Context, id: string): Promise<void> {
    await run(ctx, 'refund', () => {
      if (broken.has(id)) throw new TerminalError('the bank is closed');
      effects.add(`refunded ${id}`);
    });
  }
}

@Service()
class Checkout {
  constructor(private readonly sagas: Sagas) {}

  /** Pays, fails, and cannot be undone while the bank is closed. */
  @Handler()
  async place(ctx: Context, id: string): Promise<void> {
    await this.sagas.run(ctx, 'order', async (saga) => {
      await saga.step('pay', { compensate: compensateWith('refund', () => id), action: async () => {} });
      throw new TerminalError('sold out');
    });
  }

  /** Pays, and waits for ever. */
  @Handler()
  async hold(ctx: Context, id: string): Promise<void> {
    await this.sagas.run(ctx, 'order', async (saga) => {
      await saga.step('pay', { compensate: compensateWith('refund', () => id), action: async () => {} });
      await run(ctx, 'note', () => effects.add(`holds ${id}`));
      await ctx.awakeable().promise;
    });
  }
}

const isOwn = (context: ExecutionContext) => context.getClass() === Checkout;

@AppliesToHandlers()
@Injectable()
class Deny implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return isOwn(context);
  }
}

@AppliesToHandlers()
@Injectable({ scope: Scope.REQUEST })
class DenyPerRequest implements CanActivate {
  constructor(@Inject(REQUEST) private readonly request: Request) {}
  canActivate(context: ExecutionContext): boolean {
    return isOwn(context) && this.request !== undefined;
  }
}

@AppliesToHandlers()
@Injectable()
class Throw implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (isOwn(context)) return true;
    throw new Error('this guard knows only its own');
  }
}

@AppliesToHandlers()
@Injectable()
class Wrap implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    return isOwn(context) ? next.handle() : next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@AppliesToHandlers()
@Injectable()
class Swallow implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    return isOwn(context) ? next.handle() : of(true);
  }
}

@AppliesToHandlers()
@Injectable()
class Fail implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    return isOwn(context) ? next.handle() : throwError(() => new TerminalError('intercepted'));
  }
}

@AppliesToHandlers()
@Injectable()
class Excuse implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(
      catchError((error: Error) => {
        throw error.message.includes('REA80') ? new Error('replaced, so that it is tried for ever') : error;
      }),
    );
  }
}

@AppliesToHandlers()
@Injectable()
class Refuse implements PipeTransform {
  transform(value: unknown): unknown {
    if (typeof value === 'string') return value;
    throw new TerminalError('a text is wanted', { errorCode: 400 });
  }
}

@AppliesToHandlers()
@Injectable()
class Strip implements PipeTransform {
  transform(value: unknown): unknown {
    return typeof value === 'string' ? value : {};
  }
}

@AppliesToHandlers()
@Catch()
class Retry implements ExceptionFilter {
  catch(error: Error): never {
    throw error.message.includes('sold out') || error.message.includes('bank') ? error : new Error('not terminal');
  }
}

/** JSON that nobody but itself can read. */
const backwards: Serde<unknown> = {
  contentType: 'application/json',
  serialize: (value) => Buffer.from(JSON.stringify(value) ?? '').toReversed(),
  deserialize: (bytes) => JSON.parse(Buffer.from(Buffer.from(bytes).toReversed()).toString()) as unknown,
};

const json: Serde<unknown> = {
  contentType: 'application/json',
  serialize: (value) => Buffer.from(JSON.stringify(value) ?? ''),
  deserialize: (bytes) => (bytes.length === 0 ? undefined : (JSON.parse(Buffer.from(bytes).toString()) as unknown)),
};

type Attack = Pick<TestAppOptions, 'providers' | 'configure' | 'rea'>;
type Defaults = NonNullable<NonNullable<TestAppOptions['rea']>['defaults']>;

/** Defaults, from which the application's own component is exempt. */
const withDefaults = (defaults: Defaults, own: Defaults = {}): Attack => ({
  rea: { defaults, components: { Checkout: own } },
});

const ATTACKS: Readonly<Record<string, Attack>> = {
  'nothing at all': {},
  'a global guard that denies': { providers: [{ provide: APP_GUARD, useClass: Deny }] },
  'a global guard that denies, set on the application': { configure: (app) => app.useGlobalGuards(new Deny()) },
  'a global guard that denies, made for each request': {
    providers: [{ provide: APP_GUARD, useClass: DenyPerRequest }],
  },
  'a global guard that throws': { providers: [{ provide: APP_GUARD, useClass: Throw }] },
  'a global interceptor that wraps answers': { providers: [{ provide: APP_INTERCEPTOR, useClass: Wrap }] },
  'a global interceptor that wraps answers, set on the application': {
    configure: (app) => app.useGlobalInterceptors(new Wrap()),
  },
  'a global interceptor that answers true': { providers: [{ provide: APP_INTERCEPTOR, useClass: Swallow }] },
  'a global interceptor that fails': { providers: [{ provide: APP_INTERCEPTOR, useClass: Fail }] },
  'a global interceptor that replaces errors': { providers: [{ provide: APP_INTERCEPTOR, useClass: Excuse }] },
  'a global pipe that throws': { providers: [{ provide: APP_PIPE, useClass: Refuse }] },
  'a global pipe that strips': { configure: (app) => app.useGlobalPipes(new Strip()) },
  'a global filter': { providers: [{ provide: APP_FILTER, useClass: Retry }] },
  'a global filter, set on the application': { configure: (app) => app.useGlobalFilters(new Retry()) },
  'the default ingressPrivate': withDefaults({ ingressPrivate: true }, { ingressPrivate: false }),
  // A deadline's timer stands before what a killed saga would be rolled back from, so its own has to be undone first.
  'the default deadline': withDefaults({ deadline: 1 }, { deadline: undefined as never }),
  'the default retryPolicy': withDefaults(
    { retryPolicy: { maxAttempts: 1, onMaxAttempts: 'kill' } },
    { retryPolicy: { maxAttempts: 10, initialInterval: 10 } },
  ),
  'the default inactivityTimeout': withDefaults({ inactivityTimeout: 0, abortTimeout: 1 }, { abortTimeout: 60_000 }),
  'the default retentions': withDefaults(
    { journalRetention: 0, idempotencyRetention: 0, workflowRetention: 0 },
    { journalRetention: { hours: 1 }, idempotencyRetention: { hours: 1 } },
  ),
  'the default enableLazyState': withDefaults({ enableLazyState: true }),
  'the default serde': withDefaults({ serde: backwards }, { serde: json }),
  'the default asTerminalError': withDefaults({ asTerminalError: () => new TerminalError('whatever it was') }, {}),
  'the default hooks': withDefaults({
    hooks: [
      ({ request }) => ({
        interceptor: {
          handler: (next) => {
            if (request.target.service.includes('rea.')) throw new TerminalError('hooked');
            return next();
          },
        },
      }),
    ],
  }),
  'strict guardrails': { rea: { policy: { mode: 'strict' }, limits: { exclusiveSleep: 0 } } },
};

async function start({ providers = [], ...attack }: Attack): Promise<ReaTestApp> {
  return createTestApp({
    imports: [
      SagaModule.forRoot({
        retry: { initialInterval: 10, maxAttempts: 2 },
        supervisor: { interval: 50, onKilled: 'roll-back' },
      }),
    ],
    ...attack,
    providers: [Bank, Checkout, ...providers],
  });
}

async function statusOf(app: ReaTestApp, path: string, secret: string): Promise<number> {
  const { ingressUrl } = JSON.parse(process.env['REA_TEST_SERVER']!) as { ingressUrl: string };
  const { status } = await fetch(`${ingressUrl}/${app.serverName(path)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-rea-operator-secret': secret },
    body: JSON.stringify({ id: 'x', by: 'eve', limit: 1 }),
  });
  return status;
}

const VERBS = [
  ...['get', 'list', 'count', 'redrive', 'resolve', 'discard', 'purge'].map((verb) => `rea.DeadLetterOperator/${verb}`),
  ...['killed', 'paused', 'rollBack', 'cancel', 'resume', 'found'].map((verb) => `rea.SagaOperator/${verb}`),
];

let count = 0;

describe('under', { meta: { claim: 'built-in' } }, () => {
  test.each(Object.keys(ATTACKS))('%s, dead letters, their secret and the supervision work', async (name) => {
    const app = await start(ATTACKS[name]!);
    const checkout = app.ingress.service(Checkout);
    const deadLetters = app.get(DeadLetters);
    const id = `o${(count += 1)}`;

    broken.add(id);
    await expect(checkout.call.place(id, { idempotencyKey: id })).rejects.toMatchObject({ status: 500 });
    const entry = await eventually(async () => {
      const { entries } = await deadLetters.list({ status: 'open' });
      expect(entries).toMatchObject([{ saga: 'order', step: 'pay', compensation: 'refund', service: 'Checkout' }]);
      return entries[0]!;
    });

    for (const path of VERBS) expect([path, await statusOf(app, path, 'a wrong secret, surely')]).toEqual([path, 403]);
    expect(await deadLetters.get(entry.id)).toMatchObject({ status: 'open', payload: id });
    tried(VERBS.length);

    broken.delete(id);
    expect(await deadLetters.redrive(entry.id, { by: 'ada' })).toMatchObject({ outcome: 'redriven' });
    expect(effects.log).toContain(`refunded ${id}`);

    const killed = `k${(count += 1)}`;
    const { invocationId } = await checkout.send.hold(killed, { idempotencyKey: killed });
    await effects.seen(`holds ${killed}`);
    await eventually(async () => expect((await app.journal(invocationId)).length).toBeGreaterThan(2));
    await app.kill(invocationId);
    await effects.seen(`refunded ${killed}`);
    await app.close();
  });

  test.each([
    'rea.DeadLetter',
    'rea.DeadLetterIndex',
    'rea.DeadLetterOperator',
    'rea.DeadLetterSecret',
    'rea.CompensationRunner',
    'rea.SagaCase',
    'rea.SagaOperator',
    'rea.LogRollback',
    'rea.Unknown',
  ])('an override of %s, the start is refused', async (name) => {
    await expect(start({ rea: { components: { [name]: { ingressPrivate: false } } } })).rejects.toMatchObject({
      code: 'REA1081',
      message: expect.stringContaining(name),
    });
  });

  test('a name of their own, the start is refused', async () => {
    @Service({ name: 'rea.Mine' })
    class Mine {
      @Handler()
      async go(_ctx: Context): Promise<void> {}
    }
    await expect(start({ providers: [Mine] })).rejects.toMatchObject({ code: 'REA1080' });
  });

  test.each([
    [{ maxAttempts: 0 }, 'deadLetters.redriveRetry.maxAttempts'],
    [{ initialInterval: Number.NaN }, 'deadLetters.redriveRetry.initialInterval'],
    [{ exponentiationFactor: 0 }, 'deadLetters.redriveRetry.exponentiationFactor'],
    [{ attempts: 3 }, 'deadLetters.redriveRetry.attempts'],
  ])('their own option %j, the start is refused', (redriveRetry, path) => {
    expect(() => SagaModule.forRoot({ deadLetters: { redriveRetry: redriveRetry as object } })).toThrow(path);
  });
});
