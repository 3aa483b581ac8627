import { Handler, ReaEvents, type ReaEventMap, run, Service } from '@rea/core';
import {
  Compensation,
  compensateWith,
  DeadLetters,
  type Saga,
  SagaModule,
  SagaOperatorsModule,
  sagaReportOf,
  Sagas,
} from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type CanActivate, type INestApplication, Injectable, RequestMethod } from '@nestjs/common';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { until } from '../../../core/test/support/until.js';
import '../../../../test/support/claim.js';
import { CollectedLog } from '../../../../test/support/collected-log.js';
import { DeadLetterIndex } from '../../src/dead-letters/dead-letter-index.js';

@Injectable()
class Anybody implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

@Injectable()
class Undoing {
  isDown = true;

  @Compensation('undo')
  async undo(): Promise<void> {
    if (this.isDown) throw new TerminalError('the bank is closed', { errorCode: 503 });
  }
}

type Ending = 'named' | 'inline' | 'forward' | 'group' | 'nested';

function named(ctx: Context) {
  return {
    compensate: () => compensateWith('undo', { secret: 'card 4111' }),
    action: () => run(ctx, 'act', () => 1),
  };
}

@Service()
class Shop {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async buy(ctx: Context, ending: Ending): Promise<void> {
    await this.sagas.run(ctx, ending, (saga) => this.take(ctx, saga, ending), { retry: { maxAttempts: 1 } });
  }

  private async take(ctx: Context, saga: Saga, ending: Ending): Promise<void> {
    await saga.step('stock', named(ctx));
    if (ending === 'named') await saga.step('pay', named(ctx));
    if (ending === 'inline') {
      await saga.step('pay', {
        ...named(ctx),
        compensate: () => () => Promise.reject(new TerminalError('the bank is closed', { errorCode: 503 })),
      });
    }
    if (ending === 'group') await saga.parallel({ pay: named(ctx), book: named(ctx) });
    if (ending === 'nested') {
      await saga.nested('deep', async (inner) => {
        await inner.step('pay', named(ctx));
        throw new TerminalError('refused', { errorCode: 422 });
      });
    }
    if (ending === 'forward') {
      await saga.pivot('pay', named(ctx));
      await saga.step('ship', {
        irreversible: true,
        action: () => Promise.reject(new TerminalError('no carrier', { errorCode: 503 })),
      });
    }
    throw new TerminalError('refused', { errorCode: 422 });
  }
}

describe('a dead letter', { meta: { claim: 'visible' } }, () => {
  let app: ReaTestApp;
  const log = new CollectedLog();
  const added: ReaEventMap['dead-letter-added'][] = [];

  beforeAll(async () => {
    app = await createTestApp({
      imports: [
        SagaModule.forRoot({ retry: { maxAttempts: 1 }, supervisor: false }),
        SagaOperatorsModule.register({ path: 'staff', guards: [Anybody], operator: () => 'ada' }),
      ],
      providers: [Shop, Undoing],
      nest: { logger: log },
    });
    app.get(ReaEvents).on('dead-letter-added', (event) => added.push(event));
  });
  afterAll(() => app?.close());

  async function buy(ending: Ending): Promise<readonly string[]> {
    const error = await app.ingress
      .service(Shop)
      .call.buy(ending, { idempotencyKey: false })
      .then(
        () => undefined,
        (failure: unknown) => failure,
      );
    const ids = sagaReportOf(error)!.deadLettered.map(({ id }) => id);
    for (const id of ids) await eventually(() => app.get(DeadLetters).get(id));
    return ids;
  }

  const CURES = {
    named: [/Also not undone, because the rollback stopped: stock\./, 'redrive'],
    inline: [/It has no compensation that can be run by name: do it by hand/, 'resolve'],
    forward: [/could not be done, after the pivot \(503 no carrier; 1 try\)/, 'resolve'],
    group: [/payload of 22 bytes/, 'redrive'],
    nested: [/of the saga "nested" could not be undone \(503 the bank is closed; 1 try\)/, 'redrive'],
  } as const;

  test.for(Object.keys(CURES) as Ending[])('of a %s one is logged once at error, with what to do', async (ending) => {
    for (const id of await buy(ending)) {
      const lines = () => log.lines('error', id).filter((line) => line.includes('REA8067'));
      await until(() => lines().length > 0, `The dead letter ${id} is not logged.`);
      const [says, verb] = CURES[ending];
      expect(lines()).toEqual([expect.stringMatching(says)]);
      expect(lines()[0]).toContain(`of Shop/buy, inv_`);
      expect(lines()[0]).toContain(`DeadLetters.${verb}("${id}", { by`);
      expect(lines()[0]).toContain(`POST /staff/dead-letters/${encodeURIComponent(id)}/${verb}.`);
      expect(lines()[0]).not.toContain('4111');
      expect(added.filter((event) => event.id === id)).toHaveLength(1);
    }
  });

  test.for(['group', 'nested'] as const)('of a %s one to which steps are added is logged again', async (ending) => {
    const [id] = await buy(ending);
    const lines = () => log.lines('error', id!).filter((line) => line.includes('REA8068'));
    await until(() => lines().length > 0, `The steps of ${id} are not logged.`);
    expect(lines()).toEqual([expect.stringContaining('has further steps that are not undone: stock.')]);
  });
});

describe('a dead letter of an application with a global prefix', { meta: { claim: 'visible' } }, () => {
  test.for<[string, string, Parameters<INestApplication['setGlobalPrefix']>, string]>([
    ['', 'staff', ['api'], '/api/staff'],
    ['with slashes', 'staff', ['/api/v1/'], '/api/v1/staff'],
    ['that excludes the endpoints', 'staff', ['api', { exclude: ['staff/dead-letters/*all'] }], '/staff'],
    [
      'that excludes GET alone',
      'staff',
      ['api', { exclude: [{ path: 'staff/dead-letters/*all', method: RequestMethod.GET }] }],
      '/api/staff',
    ],
    ['that excludes other routes', 'staff', ['api', { exclude: ['health'] }], '/api/staff'],
  ])('%s is logged with the route that Nest serves', async ([, path, prefix, served]) => {
    const log = new CollectedLog();
    const app = await createTestApp({
      imports: [
        SagaModule.forRoot({ retry: { maxAttempts: 1 }, supervisor: false }),
        SagaOperatorsModule.register({ path, guards: [Anybody], operator: () => 'ada' }),
      ],
      providers: [Shop, Undoing],
      nest: { logger: log },
      configure: (nest) => nest.setGlobalPrefix(...prefix),
    });
    try {
      await app.ingress
        .service(Shop)
        .call.buy('named', { idempotencyKey: false })
        .catch(() => undefined);
      await until(() => log.lines('error', 'REA8067').length > 0, 'The dead letter is not logged.');
      const [line] = log.lines('error', 'REA8067');
      const route = /or POST (\S+)\.$/.exec(line!)?.[1];
      expect(route).toMatch(new RegExp(`^${served}/dead-letters/.*/redrive$`));
      await app.app.listen(0, '127.0.0.1');
      const answer = await fetch(`${await app.app.getUrl()}${route}`, { method: 'POST' });
      expect(answer.status).toBe(200);
    } finally {
      await app.close();
    }
  });
});

describe('a dead letter that cannot be stored', { meta: { claim: 'visible' } }, () => {
  test.for([
    ['a terminal error', () => new TerminalError('denied', { errorCode: 403 })],
    ['an ordinary error', () => new TypeError('denied')],
  ] as const)('for %s is kept trying, is in the log as a whole, and is stored at last', async ([what, error]) => {
    const log = new CollectedLog();
    const app = await createTestApp({
      imports: [SagaModule.forRoot({ retry: { maxAttempts: 1 }, supervisor: false, deadLetters: { index: true } })],
      providers: [Shop, Undoing],
      nest: { logger: log },
    });
    let refusals = 0;
    const index = app.get(DeadLetterIndex);
    const add = vi.spyOn(index, 'add').mockImplementation(() => {
      refusals += 1;
      throw error();
    });
    const failed = await app.ingress
      .service(Shop)
      .call.buy('named', { idempotencyKey: false })
      .catch((failure: unknown) => failure);
    const { id } = sagaReportOf(failed)!.deadLettered[0]!;
    await until(() => refusals >= 3, 'It is not tried again.');
    expect(log.lines('error', 'The entry: ').filter((line) => line.includes('card 4111'))).toHaveLength(1);
    expect(log.lines('error', id).filter((line) => line.startsWith('REA8069')).length).toBeGreaterThanOrEqual(3);
    add.mockRestore();
    await until(async () => (await app.get(DeadLetters).count({ status: 'open' })) === 1, `${what}: it is not stored.`);
    expect(await app.get(DeadLetters).get(id)).toMatchObject({ step: 'pay', notUndone: [{ step: 'stock' }] });
    await app.close();
  });

  test('also when it is cancelled meanwhile', async () => {
    const log = new CollectedLog();
    const app = await createTestApp({
      imports: [SagaModule.forRoot({ retry: { maxAttempts: 1 }, supervisor: false, deadLetters: { index: true } })],
      providers: [Shop, Undoing],
      nest: { logger: log },
    });
    const index = app.get(DeadLetterIndex);
    const add = vi.spyOn(index, 'add').mockImplementation(() => {
      throw new TerminalError('denied', { errorCode: 403 });
    });
    const failed = await app.ingress
      .service(Shop)
      .call.buy('named', { idempotencyKey: false })
      .catch((failure: unknown) => failure);
    const { id } = sagaReportOf(failed)!.deadLettered[0]!;
    await until(() => log.lines('error', 'REA8069').length > 0, 'It is not logged.');
    const [message] = await app.query<{ id: string }>(
      `select id from sys_invocation where target_service_key = '${id}' and target_handler_name = 'add'`,
    );
    await app.cancel(message!.id);
    add.mockRestore();
    await until(async () => (await app.get(DeadLetters).count({ status: 'open' })) === 1, 'It is not stored.');
    expect(await app.get(DeadLetters).get(id)).toMatchObject({ status: 'open', step: 'pay' });
    await app.close();
  });
});
