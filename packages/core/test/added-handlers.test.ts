import {
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Inject,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_GUARD, REQUEST } from '@nestjs/core';
import { type Context, type Request, type Serde, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import {
  AppliesToHandlers,
  Handler,
  handlerArguments,
  InjectClient,
  Service,
  Workflow,
  type WorkflowClient,
  WorkflowRun,
  workflowStatus,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { map, type Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../test/support/claim.js';

const TENANT = 'x-tenant';
const seen: string[] = [];

/** Lets in who names the tenant. */
@Injectable()
class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = handlerArguments(context).ctx.request();
    seen.push(`${context.getClass().name} ${request.target.handler}`);
    return request.headers.get(TENANT) === 'acme';
  }
}

@Injectable()
class AsyncTenantGuard extends TenantGuard {
  override canActivate(context: ExecutionContext): boolean {
    return Promise.resolve(super.canActivate(context)) as unknown as boolean;
  }
}

class Stranger extends Error {}

@Injectable()
class ThrowingGuard extends TenantGuard {
  override canActivate(context: ExecutionContext): boolean {
    if (super.canActivate(context)) return true;
    throw new Stranger();
  }
}

@Catch(Stranger)
class StrangerFilter implements ExceptionFilter {
  catch(): never {
    throw new TerminalError('a stranger', { errorCode: 403 });
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedGuard implements CanActivate {
  constructor(@Inject(REQUEST) private readonly request: Request) {}
  canActivate(): boolean {
    return this.request.headers.get(TENANT) === 'acme';
  }
}

@AppliesToHandlers()
@Injectable()
class OptedInGuard extends TenantGuard {
  override canActivate(context: ExecutionContext): boolean {
    return context.getClass().name !== 'Open' || super.canActivate(context);
  }
}

class Wrap {
  intercept(_context: ExecutionContext, next: { handle(): Observable<unknown> }): Observable<unknown> {
    return next.handle().pipe(map((value) => ({ wrapped: value })));
  }
}

class Refuse {
  transform(input: unknown): unknown {
    if (input === 'mine') return input;
    throw new TerminalError('a pipe', { errorCode: 400 });
  }
}

/** JSON that nobody but itself can read. */
const backwards: Serde<unknown> = {
  contentType: 'application/json',
  serialize: (value) => Buffer.from(JSON.stringify(value) ?? '').toReversed(),
  deserialize: (bytes) =>
    bytes.length === 0 ? undefined : (JSON.parse(Buffer.from(Buffer.from(bytes).toReversed()).toString()) as unknown),
};

class Base {
  @WorkflowRun()
  async run(ctx: WorkflowContext): Promise<string> {
    await workflowStatus(ctx).set({ phase: 'half way' });
    return 'done';
  }
}

@Workflow({ status: true })
@UseGuards(TenantGuard)
class Guarded extends Base {}

@Workflow({ status: true })
@UseGuards(AsyncTenantGuard)
class GuardedLater extends Base {}

@Workflow({ status: true })
@UseGuards(ThrowingGuard)
@UseFilters(StrangerFilter)
class Filtered extends Base {}

@Injectable({ scope: Scope.REQUEST })
@Workflow({ status: true })
@UseGuards(TenantGuard)
class PerRequest extends Base {}

@Workflow({ status: true })
@UseGuards(ScopedGuard)
class GuardedPerRequest extends Base {}

@Workflow({ status: true })
class Open extends Base {}

@Workflow()
@UseGuards(TenantGuard)
class Waiting {
  @WorkflowRun()
  async run(ctx: WorkflowContext): Promise<string> {
    return ctx.promise<string>('never');
  }
}

@Workflow({ status: true })
@UseInterceptors(Wrap)
@UsePipes(Refuse)
class Dressed {
  @WorkflowRun()
  async run(ctx: WorkflowContext, _input: string): Promise<string> {
    await workflowStatus(ctx).set({ phase: 'half way' });
    return 'done';
  }
}

@Workflow({ status: true, serde: backwards })
class Backwards extends Base {}

const GUARDED = { Guarded, GuardedLater, Filtered, PerRequest, GuardedPerRequest, Open } as const;
type Name = keyof typeof GUARDED;
type Flow = WorkflowClient<Base>;

interface Ask {
  readonly name: Name | 'Dressed' | 'Backwards';
  readonly id: string;
  readonly verb: 'attach' | 'output' | 'status';
  readonly tenant?: string;
}

@Service()
class Asker {
  private readonly flows: Record<Ask['name'], Flow>;

  constructor(
    @InjectClient(Guarded) a: Flow,
    @InjectClient(GuardedLater) b: Flow,
    @InjectClient(Filtered) c: Flow,
    @InjectClient(PerRequest) d: Flow,
    @InjectClient(GuardedPerRequest) e: Flow,
    @InjectClient(Open) f: Flow,
    @InjectClient(Dressed) g: WorkflowClient<Dressed>,
    @InjectClient(Backwards) h: Flow,
  ) {
    this.flows = {
      Guarded: a,
      GuardedLater: b,
      Filtered: c,
      PerRequest: d,
      GuardedPerRequest: e,
      Open: f,
      Dressed: g as unknown as Flow,
      Backwards: h,
    };
  }

  @Handler()
  async ask(_ctx: Context, { name, id, verb, tenant }: Ask): Promise<unknown> {
    const flow = this.flows[name].of(id);
    return flow[verb](tenant === undefined ? {} : { headers: { [TENANT]: tenant } });
  }
}

@Service()
class Canceller {
  constructor(@InjectClient(Waiting) private readonly flows: WorkflowClient<Waiting>) {}

  @Handler()
  async cancel(_ctx: Context, { id, tenant }: { id: string; tenant?: string }): Promise<void> {
    await this.flows.of(id).cancel(tenant === undefined ? undefined : { headers: { [TENANT]: tenant } });
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({
    providers: [
      ...Object.values(GUARDED),
      Dressed,
      Backwards,
      Waiting,
      Asker,
      Canceller,
      { provide: APP_GUARD, useClass: OptedInGuard },
    ],
  });
});
afterAll(() => app.close());

const quiet = { idempotencyKey: false } as const;
const acme = { headers: { [TENANT]: 'acme' } } as const;

describe('a handler that Rea adds to a workflow', { meta: { claim: 'built-in' } }, () => {
  describe.each(Object.keys(GUARDED) as Name[])('of the class %s', (name) => {
    const flow = (id: string) => app.ingress.workflow(GUARDED[name]).of(id);

    test.each(['attach', 'output', 'status'] as const)('%s() in a handler is behind its guards', async (verb) => {
      const id = `${name} ${verb}`;
      const submitted = await flow(id).submit(undefined, acme);
      await submitted.attach();
      const ask = (tenant?: string) =>
        app.ingress.service(Asker).call.ask({ name, id, verb, ...(tenant === undefined ? {} : { tenant }) }, quiet);
      tried(2);
      await expect(ask()).rejects.toMatchObject({ status: 403 });
      await expect(ask('evil')).rejects.toMatchObject({ status: 403 });
      const answers = { attach: 'done', output: { ready: true, result: 'done' }, status: { phase: 'half way' } };
      expect({ answer: await ask('acme') }).toMatchObject({ answer: answers[verb] });
    });

    test('status() at the ingress is behind its guards', async () => {
      const submitted = await flow(`${name} ingress`).submit(undefined, acme);
      await submitted.attach();
      await expect(flow(`${name} ingress`).status()).rejects.toMatchObject({ status: 403 });
      expect(await flow(`${name} ingress`).status(acme)).toMatchObject({ phase: 'half way' });
    });
  });

  test('is seen by guards as a handler of that class, under its own name', () => {
    expect(new Set(seen.filter((line) => line.startsWith('Guarded ')))).toEqual(
      new Set(['Guarded run', 'Guarded _rea_run', 'Guarded _rea_status']),
    );
  });

  test.each(['Backwards'] as const)('answers in its own format, whatever that of %s is', async (name) => {
    const submitted = await app.ingress.workflow(Backwards).of('b').submit();
    await submitted.attach({ output: backwards }).catch(() => {});
    expect(await app.ingress.workflow(Backwards).of('b').status()).toMatchObject({ phase: 'half way' });
    expect(await app.ingress.service(Asker).call.ask({ name, id: 'b', verb: 'status' }, quiet)).toMatchObject({
      phase: 'half way',
    });
  });

  test('is not changed by interceptors and pipes, which are for what the class itself takes and gives', async () => {
    const submitted = await app.ingress.workflow(Dressed).of('d').submit('mine');
    expect(await submitted.attach()).toEqual({ wrapped: 'done' });
    expect(await app.ingress.workflow(Dressed).of('d').status()).toMatchObject({ phase: 'half way' });
    expect(
      await app.ingress.service(Asker).call.ask({ name: 'Dressed', id: 'd', verb: 'status' }, quiet),
    ).toMatchObject({ phase: 'half way' });
    expect(await app.ingress.service(Asker).call.ask({ name: 'Dressed', id: 'd', verb: 'attach' }, quiet)).toEqual({
      wrapped: 'done',
    });
  });

  test('cancel() in a handler is behind its guards', async () => {
    const submitted = await app.ingress.workflow(Waiting).of('w').submit(undefined, acme);
    const result = submitted.attach().catch((error: unknown) => error);
    const cancel = (tenant?: string) =>
      app.ingress.service(Canceller).call.cancel({ id: 'w', ...(tenant === undefined ? {} : { tenant }) }, quiet);
    tried(2);
    await expect(cancel()).rejects.toMatchObject({ status: 403 });
    await expect(cancel('evil')).rejects.toMatchObject({ status: 403 });
    await cancel('acme');
    expect(await result).toMatchObject({ status: 409 });
  });
});
