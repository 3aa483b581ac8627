import {
  awakeable,
  Handler,
  idempotencyKey as idempotency,
  InjectClient,
  type ObjectClient,
  promise,
  promiseKey,
  Service,
  Shared,
  state,
  stateKey,
  VirtualObject,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import {
  Ingress,
  IngressException,
  IngressMisuseException,
  IngressModule,
  IngressRefusedException,
} from '@rea/ingress';
import { Test } from '@nestjs/testing';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import {
  CancelledError,
  type Context,
  type ObjectContext,
  type ObjectSharedContext,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../core/test/support/eventually.js';

@VirtualObject()
class Box {
  static readonly notes = stateKey<string[]>('notes', { default: () => [] });

  @Handler()
  async note(ctx: ObjectContext, text: string): Promise<number> {
    return (await state(ctx, Box.notes).update((notes) => [...notes, text])).length;
  }

  @Shared()
  async read(ctx: ObjectSharedContext): Promise<string[]> {
    return state(ctx, Box.notes).get();
  }
}

@Service()
class Work {
  constructor(@InjectClient(Box) private readonly boxes: ObjectClient<Box>) {}

  @Handler()
  async double(_ctx: Context, value: number): Promise<number> {
    return value * 2;
  }

  @Handler()
  async refuse(_ctx: Context, why: string): Promise<string> {
    throw new TerminalError(why, { errorCode: 409, metadata: { by: 'hand' } });
  }

  /** Waits for an awakeable; its id is to be found in the box. */
  @Handler()
  async wait(ctx: Context, box: string): Promise<unknown> {
    const { id, promise: completed } = awakeable<unknown>(ctx);
    this.boxes.of(box).send.note(id);
    try {
      return await completed;
    } catch (error) {
      if (error instanceof CancelledError) this.boxes.of(box).send.note('undone');
      throw error;
    }
  }
}

@Workflow({ retention: 'standard' })
class Flow {
  static readonly go = promiseKey<string>('go');

  @WorkflowRun()
  async start(ctx: WorkflowContext, name: string): Promise<string> {
    return `${name} ${await promise(ctx, Flow.go).get()}`;
  }

  @WorkflowSignal()
  async tell(ctx: WorkflowSharedContext, word: string): Promise<void> {
    await promise(ctx, Flow.go).resolve(word);
  }

  @WorkflowQuery()
  async told(ctx: WorkflowSharedContext): Promise<string | undefined> {
    return promise(ctx, Flow.go).peek();
  }
}

/** Does what it must not: uses an ingress client in a handler. */
@Service()
class Offender {
  static deed: (ingress: Ingress) => Promise<unknown>;

  constructor(private readonly ingress: Ingress) {}

  @Handler()
  async offend(_ctx: Context): Promise<string> {
    await Offender.deed(this.ingress);
    return 'not caught';
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Box, Work, Flow, Offender] });
});
afterAll(() => app?.close());

let ids = 0;
const newId = () => `id-${(ids += 1)}`;
const work = () => app.ingress.service(Work);

async function thrown(promised: Promise<unknown>): Promise<IngressException> {
  const error = await promised.then(
    (value) => ({ resolved: value }),
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(IngressException);
  return error as IngressException;
}

/** An invocation that waits for an awakeable. */
async function waiting(): Promise<{
  readonly box: string;
  readonly awakeableId: string;
  readonly id: string;
  readonly key: string;
}> {
  const [box, key] = [newId(), newId()];
  const { invocationId: id } = await work().send.wait(box, { idempotencyKey: key });
  const awakeableId = await eventually(async () => {
    const [note] = await app.ingress.object(Box).of(box).call.read();
    if (note === undefined) throw new Error('There is no awakeable yet.');
    return note;
  });
  return { box, awakeableId, id, key };
}

describe('The result of a call', () => {
  test('is attached to by its idempotency key, in the types of the handler', async () => {
    const idempotencyKey = newId();
    await work().send.double(4, { idempotencyKey });
    const attached: number = await work().attach.double(idempotencyKey);
    expect(attached).toBe(8);
    expect(await work().output.double(idempotencyKey)).toEqual({ ready: true, result: 8 });
  });

  test('of an object is attached to by key and idempotency key, which may need escaping', async () => {
    const [box, idempotencyKey] = [`a/b c#${newId()}`, idempotency('k/1', newId(), 7)];
    await app.ingress.object(Box).of(box).send.note('x', { idempotencyKey });
    expect(await app.ingress.object(Box).of(box).attach.note(idempotencyKey)).toBe(1);
  });

  test('is attached to by the id of its invocation, in another process too', async () => {
    const { invocationId } = await work().send.double(5, { idempotencyKey: newId() });
    const { ingressUrl: url } = await sharedServer();
    const module = await Test.createTestingModule({ imports: [IngressModule.forRoot({ url })] }).compile();
    const invocation = module.get(Ingress).invocation<number>(invocationId);
    expect(await invocation.attach()).toBe(10);
    expect(await invocation.output()).toEqual({ ready: true, result: 10 });
    await module.close();
  });

  test('of a workflow is attached to by the id of its invocation', async () => {
    const flow = app.ingress.workflow(Flow).of(newId());
    const { invocationId } = await flow.submit('a');
    expect(await app.ingress.invocation(invocationId).output()).toEqual({ ready: false });
    const attached = app.ingress.invocation(invocationId).attach();
    await flow.signal.tell('went');
    expect(await attached).toBe('a went');
  });

  test('that is not there yet is told so, and waited for no longer than the timeout', async () => {
    const { id, key, awakeableId } = await waiting();
    expect(await work().output.wait(key)).toEqual({ ready: false });
    expect(await app.ingress.invocation(id).output()).toEqual({ ready: false });
    expect(await thrown(work().attach.wait(key, { timeout: 50 }))).toMatchObject({ status: 504 });
    expect(await thrown(app.ingress.invocation(id).attach({ signal: AbortSignal.timeout(50) }))).toMatchObject({
      status: 504,
    });
    await app.ingress.awakeable(awakeableId).resolve('done');
    expect(await work().attach.wait(key)).toBe('done');
  });

  test('that is a failure is thrown as that of the handler', async () => {
    const idempotencyKey = newId();
    const { invocationId } = await work().send.refuse('not so', { idempotencyKey });
    for (const get of [
      () => work().attach.refuse(idempotencyKey),
      () => app.ingress.invocation(invocationId).attach(),
      () => work().output.refuse(idempotencyKey),
    ]) {
      const error = await thrown(get());
      expect(error).toMatchObject({ status: 409, message: 'not so', source: 'invocation', metadata: { by: 'hand' } });
    }
  });

  test.each<[string, (ingress: Ingress) => Promise<unknown>]>([
    ['a key that no call had', (i) => i.service(Work).attach.double('never')],
    ['a key that no call had, asked for the output', (i) => i.service(Work).output.double('never')],
    ['an id of no invocation', (i) => i.invocation('inv_1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa').attach()],
    ['what is no id', (i) => i.invocation('../../Work/double').attach()],
    ['what is no id, asked for the output', (i) => i.invocation('nonsense').output()],
    ['an id of no awakeable', (i) => i.awakeable('nonsense').resolve(1)],
    ['an id of no awakeable, rejected', (i) => i.awakeable('nonsense').reject('x')],
    ['an invocation to cancel that is none', (i) => i.invocation('nonsense').cancel()],
    ['an invocation to kill that is none', (i) => i.invocation('nonsense').kill()],
  ])('%s is refused with a 4xx of the ingress', async (_what, get) => {
    const error = await thrown(get(app.ingress));
    expect(error).toBeInstanceOf(IngressRefusedException);
    expect(error.source).toBe('ingress');
    expect([400, 404]).toContain(error.getStatus());
  });
});

describe('An awakeable', () => {
  test('is resolved with a value', async () => {
    const { awakeableId, key } = await waiting();
    await app.ingress.awakeable<{ paid: number }>(awakeableId).resolve({ paid: 7 });
    expect(await work().attach.wait(key)).toEqual({ paid: 7 });
  });

  test('is resolved with nothing', async () => {
    const { awakeableId, key } = await waiting();
    await app.ingress.awakeable(awakeableId).resolve();
    expect(await work().attach.wait(key)).toBeUndefined();
  });

  test('is rejected with a reason, and completed once', async () => {
    const { awakeableId, key } = await waiting();
    await app.ingress.awakeable(awakeableId).reject('card declined – größe');
    await app.ingress.awakeable(awakeableId).resolve('too late');
    expect(await thrown(work().attach.wait(key))).toMatchObject({
      source: 'invocation',
      message: 'card declined – größe',
    });
  });
});

describe('An invocation', () => {
  test('is cancelled: its handler undoes what it has done', async () => {
    const { id, key, box } = await waiting();
    await app.ingress.invocation(id).cancel();
    expect(await thrown(work().attach.wait(key))).toMatchObject({ status: 409, source: 'invocation' });
    await eventually(async () => expect((await app.ingress.object(Box).of(box).call.read()).at(-1)).toBe('undone'));
  });

  test('is killed: its handler undoes nothing', async () => {
    const { id, key, box } = await waiting();
    await app.ingress.invocation(id).kill();
    expect(await thrown(work().attach.wait(key))).toMatchObject({ status: 409, source: 'invocation' });
    expect(await app.ingress.object(Box).of(box).call.read()).toHaveLength(1);
  });

  test('is not cancelled where the connection has no admin API, which is said', async () => {
    const { ingressUrl: url } = await sharedServer();
    const module = await Test.createTestingModule({ imports: [IngressModule.forRoot({ url })] }).compile();
    const error = await thrown(module.get(Ingress).invocation('inv_1').cancel());
    expect(error).toBeInstanceOf(IngressMisuseException);
    expect(error).toMatchObject({ code: 'REA4008', message: expect.stringContaining('Set adminUrl') });
    await module.close();
  });

  test('is not cancelled by an admin API that does not answer: 503', async () => {
    const options = { url: 'http://127.0.0.1:1', adminUrl: 'http://127.0.0.1:1' };
    const module = await Test.createTestingModule({ imports: [IngressModule.forRoot(options)] }).compile();
    const error = await thrown(module.get(Ingress).invocation('inv_1').cancel());
    expect(error).toMatchObject({ status: 503, code: 'REA4001', source: 'transport' });
    expect(JSON.stringify(error.getResponse())).not.toContain('127.0.0.1');
    await module.close();
  });
});

describe('A component that is known by its name only', () => {
  test('is called and sent to, as a service, an object and a workflow', async () => {
    const generic = (name: string) => app.ingress.generic(name);
    expect(await generic('Work').call<number>('double', 3, { idempotencyKey: newId() })).toBe(6);
    const [box, key] = [newId(), newId()];
    const sent = await generic('Box').of(box).send<number>('note', 'x', { idempotencyKey: key });
    expect(await sent.result()).toBe(1);
    expect(await generic('Box').of(box).attach<number>('note', key)).toBe(1);
    expect(await generic('Box').of(box).output('note', key)).toEqual({ ready: true, result: 1 });
    expect(await generic('Box').of(box).call('read', undefined, { idempotencyKey: false })).toEqual(['x']);
    const flow = generic('Flow').of(newId());
    const { invocationId } = await flow.send('run', 'generic', { idempotencyKey: false });
    await flow.call('tell', 'flow', { idempotencyKey: false });
    expect(await app.ingress.invocation(invocationId).attach()).toBe('generic flow');
  });

  test('is refused where it or its handler is not there, and without a key', async () => {
    expect(await thrown(app.ingress.generic('Nobody').call('x', 1, { idempotencyKey: 'k' }))).toMatchObject({
      status: 404,
    });
    expect(await thrown(app.ingress.generic('Work').call('../Box', 1, { idempotencyKey: 'k' }))).toMatchObject({
      source: 'ingress',
    });
    expect(() => app.ingress.generic('Box').of('')).toThrow(expect.objectContaining({ status: 400 }));
  });

  test.each<[string, (ingress: Ingress) => Promise<unknown>]>([
    ['a component', async (i) => i.generic('..').call('x', 1, { idempotencyKey: 'k' })],
    ['an empty component', async (i) => i.generic('').call('x', 1, { idempotencyKey: 'k' })],
    ['a key', async (i) => i.generic('Box').of('..').call('note', 1, { idempotencyKey: 'k' })],
    ['a handler', (i) => i.generic('Box').of('double').call('..', 1, { idempotencyKey: 'k' })],
    ['an invocation', async (i) => i.invocation('..').attach()],
    ['an awakeable', (i) => i.awakeable('..').resolve(1)],
  ])('cannot be reached by a path: %s', async (_what, send) => {
    const { ingressUrl: url } = await sharedServer();
    const module = await Test.createTestingModule({ imports: [IngressModule.forRoot({ url })] }).compile();
    expect(await thrown(send(module.get(Ingress)))).toMatchObject({ status: 400, code: 'REA3001' });
    await module.close();
  });

  test('counts as written to: without a key the guardrail fires', async () => {
    await using strict = await createTestApp({ providers: [Box, Work], rea: { policy: 'strict' } });
    const error = await thrown(strict.ingress.generic('Work').call('double', 1));
    expect(error).toMatchObject({ status: 400, code: 'REA2003' });
  });
});

describe('Inside a handler', () => {
  test.each<[string, (ingress: Ingress) => Promise<unknown>]>([
    ['call', (i) => i.service(Work).call.double(1, { idempotencyKey: 'k' })],
    ['send', (i) => i.object(Box).of('a').send.note('x', { idempotencyKey: 'k' })],
    ['attach by key', (i) => i.service(Work).attach.double('k')],
    ['output by key', (i) => i.service(Work).output.double('k')],
    ['submit', (i) => i.workflow(Flow).of('a').submit('x')],
    ['attach of a workflow', (i) => i.workflow(Flow).of('a').attach()],
    ['output of a workflow', (i) => i.workflow(Flow).of('a').output()],
    ['signal', (i) => i.workflow(Flow).of('a').signal.tell('x')],
    ['query', (i) => i.workflow(Flow).of('a').query.told()],
    ['generic call', (i) => i.generic('Work').call('double', 1, { idempotencyKey: 'k' })],
    ['generic send', (i) => i.generic('Box').of('a').send('note', 'x', { idempotencyKey: 'k' })],
    ['generic attach', (i) => i.generic('Work').attach('double', 'k')],
    ['attach by id', (i) => i.invocation('inv_1').attach()],
    ['output by id', (i) => i.invocation('inv_1').output()],
    ['cancel', (i) => i.invocation('inv_1').cancel()],
    ['kill', (i) => i.invocation('inv_1').kill()],
    ['resolve', (i) => i.awakeable('sign_1').resolve(1)],
    ['reject', (i) => i.awakeable('sign_1').reject('x')],
  ])('%s is refused, and the durable client is named as the cure', async (_what, deed) => {
    Offender.deed = deed;
    const error = await thrown(app.ingress.service(Offender).call.offend(undefined, { idempotencyKey: newId() }));
    expect(error).toMatchObject({
      status: 500,
      code: 'REA2005',
      source: 'invocation',
      message: expect.stringContaining('Use the durable client, @InjectClient, in handlers.'),
    });
  });
});
