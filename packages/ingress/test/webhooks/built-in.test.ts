import {
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { AppliesToHandlers } from '@rea/core';
import { WebhooksModule } from '@rea/ingress';
import { createTestApp, type TestAppOptions } from '@rea/testing';
import { type Serde, TerminalError } from '@restatedev/restate-sdk';
import { map } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { tried } from '../../../../test/support/claim.js';
import { WebhookDeliveries } from '../../src/webhooks/webhook-deliveries.object.js';

@AppliesToHandlers()
@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@AppliesToHandlers()
@Injectable()
class Wrap implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@AppliesToHandlers()
@Injectable()
class Strip implements PipeTransform {
  transform(): unknown {
    return {};
  }
}

@AppliesToHandlers()
@Catch()
class Retry implements ExceptionFilter {
  catch(): never {
    throw new Error('not terminal');
  }
}

const backwards: Serde<unknown> = {
  contentType: 'application/json',
  serialize: (value) => Buffer.from(JSON.stringify(value) ?? '').toReversed(),
  deserialize: (bytes) => JSON.parse(Buffer.from(Buffer.from(bytes).toReversed()).toString()) as unknown,
};

type Attack = Pick<TestAppOptions, 'providers' | 'rea'>;

const ATTACKS: Readonly<Record<string, Attack>> = {
  'a global guard': { providers: [{ provide: APP_GUARD, useClass: Deny }] },
  'a global interceptor': { providers: [{ provide: APP_INTERCEPTOR, useClass: Wrap }] },
  'a global pipe': { providers: [{ provide: APP_PIPE, useClass: Strip }] },
  'a global filter': { providers: [{ provide: APP_FILTER, useClass: Retry }] },
  'the default ingressPrivate': { rea: { defaults: { ingressPrivate: true } } },
  'the default deadline': { rea: { defaults: { deadline: 0 } } },
  'the default serde': { rea: { defaults: { serde: backwards } } },
  'the default asTerminalError': { rea: { defaults: { asTerminalError: () => new TerminalError('whatever') } } },
  'strict guardrails': { rea: { policy: { mode: 'strict' }, limits: { maxBytes: 1, warnBytes: 1 } } },
};

describe('the memory of webhook deliveries', { meta: { claim: 'built-in' } }, () => {
  test.each(Object.keys(ATTACKS))('works under %s', async (name) => {
    const app = await createTestApp({ imports: [WebhooksModule], ...ATTACKS[name] });
    const { call } = app.ingress.object(WebhookDeliveries).of('delivery');
    const once = { idempotencyKey: false } as const;
    const request = { lease: 60_000, retention: 60_000 };
    const first = await call.claim(request, once);
    expect(first).toMatchObject({ outcome: 'first' });
    expect(await call.claim(request, once)).toEqual({ outcome: 'busy' });
    await expect(call.claim({ lease: 'x', retention: 1 } as never, once)).rejects.toMatchObject({ status: 400 });
    if (first.outcome === 'first') await call.settle({ claim: first.claim, done: true }, once);
    expect(await call.claim(request, once)).toEqual({ outcome: 'repeated' });
    tried(5);
    await app.close();
  });

  test('takes no override', async () => {
    const components = { 'rea.WebhookDeliveries': { ingressPrivate: true } };
    await expect(createTestApp({ imports: [WebhooksModule], rea: { components } })).rejects.toMatchObject({
      code: 'REA1081',
    });
  });
});
