import { Injectable } from '@nestjs/common';
import { Handler, parallel, run, Service } from '@rea/core';
import {
  type Compensate,
  Compensation,
  compensateWith,
  type CompensationRun,
  SagaModule,
  sagaReportOf,
  Sagas,
} from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../test/support/claim.js';
import { HOSTILE, HOSTILE_TERMINAL } from '../../core/test/support/hostile-values.js';

const ALL = { ...HOSTILE, ...HOSTILE_TERMINAL };
const NAMES = Object.keys(ALL);

/** Tries of compensations, by where and what they throw. */
const tries = new Map<string, Set<number>>();

function fail(where: string, name: string, attempt: number): never {
  const key = `${where} ${name}`;
  tries.set(key, (tries.get(key) ?? new Set()).add(attempt));
  throw ALL[name]!();
}

interface Undo {
  readonly name: string;
}

@Injectable()
class Undoing {
  @Compensation('in-code')
  async inCode(_ctx: Context, { name }: Undo, { attempt }: CompensationRun): Promise<void> {
    fail('inCode', name, attempt);
  }

  @Compensation('in-run')
  async inRun(ctx: Context, { name }: Undo, { attempt }: CompensationRun): Promise<void> {
    await run(ctx, 'undo', () => fail('inRun', name, attempt));
  }

  @Compensation('in-branch')
  async inBranch(ctx: Context, { name }: Undo, { attempt }: CompensationRun): Promise<void> {
    await parallel(ctx, [async () => fail('inBranch', name, attempt)]);
  }
}

@Service({ retryPolicy: { initialInterval: 10, maxInterval: 20, maxAttempts: 3, onMaxAttempts: 'kill' } })
class Trip {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async inCode(ctx: Context, name: string): Promise<void> {
    await this.play(ctx, () => compensateWith('in-code', { name }));
  }

  @Handler()
  async inRun(ctx: Context, name: string): Promise<void> {
    await this.play(ctx, () => compensateWith('in-run', { name }));
  }

  @Handler()
  async inBranch(ctx: Context, name: string): Promise<void> {
    await this.play(ctx, () => compensateWith('in-branch', { name }));
  }

  @Handler()
  async inline(ctx: Context, name: string): Promise<void> {
    await this.play(
      ctx,
      () =>
        async (_ctx: Context, { attempt }: CompensationRun) =>
          fail('inline', name, attempt),
    );
  }

  /** After the pivot an action is tried until it works. */
  @Handler()
  async forward(ctx: Context, name: string): Promise<void> {
    await this.sagas.run(ctx, 'trip', async (saga) => {
      await saga.pivot('book', { irreversible: true, action: () => run(ctx, 'book', () => 1) });
      await saga.step('tell', { irreversible: true, action: async ({ attempt }) => fail('forward', name, attempt) });
    });
  }

  /** What ends a saga for good rolls it back, whatever it is. */
  @Handler()
  async action(ctx: Context, name: string): Promise<void> {
    await this.sagas.run(ctx, 'trip', async (saga) => {
      await saga.step('book', {
        compensate: () => () => run(ctx, 'undo', () => void tries.set(`action ${name}`, new Set([1]))),
        action: async () => {
          throw ALL[name]!();
        },
      });
    });
  }

  private play(ctx: Context, compensate: Compensate<number>): Promise<void> {
    return this.sagas.run(ctx, 'trip', async (saga) => {
      await saga.step('book', { compensate, action: () => run(ctx, 'book', () => 1) });
      throw new TerminalError('full', { errorCode: 418 });
    });
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({
    imports: [SagaModule.forRoot({ retry: { maxAttempts: 2, initialInterval: 5 } })],
    providers: [Undoing, Trip],
    nest: { logger: false },
  });
});
afterAll(() => app?.close());

const call = (verb: 'inCode' | 'inRun' | 'inBranch' | 'inline' | 'forward' | 'action', name: string) =>
  app.ingress
    .service(Trip)
    .call[verb](name, { idempotencyKey: false, timeout: 28_000 })
    .then(
      () => ({ status: 200, report: undefined }),
      (error: { readonly status: number }) => ({ status: error.status, report: sagaReportOf(error) }),
    );

describe('Whatever is thrown', { meta: { claim: 'hostile' } }, () => {
  test.each(['inCode', 'inRun', 'inBranch', 'inline'] as const)(
    'by a compensation is a failed try like any other: %s',
    async (verb) => {
      const answers = await Promise.all(NAMES.map(async (name) => [name, await call(verb, name)] as const));
      for (const [name, { status, report }] of answers) {
        expect({
          name,
          status,
          letters: report?.deadLettered.length,
          tries: [...tries.get(`${verb} ${name}`)!],
        }).toEqual({
          name,
          status: 418,
          letters: 1,
          tries: [1, 2],
        });
        tried(1);
      }
    },
  );

  test('by a step after the pivot is one, too', async () => {
    const answers = await Promise.all(NAMES.map(async (name) => [name, await call('forward', name)] as const));
    for (const [name, { report }] of answers) {
      expect({ name, status: report?.status, tries: [...tries.get(`forward ${name}`)!] }).toEqual({
        name,
        status: 'incomplete',
        tries: [1, 2],
      });
      tried(1);
    }
  });

  test.each(Object.keys(HOSTILE_TERMINAL))('by an action rolls back, where it is terminal: %s', async (name) => {
    expect(await call('action', name)).toMatchObject({ status: 409, report: { status: 'rolled-back' } });
    expect(tries.has(`action ${name}`)).toBe(true);
  });

  test('by an action is tried again, where it is not', async () => {
    const names = Object.keys(HOSTILE);
    const answers = await Promise.all(names.map(async (name) => [name, await call('action', name)] as const));
    for (const [name, { status, report }] of answers) {
      expect({ name, status, report, undone: tries.has(`action ${name}`) }).toEqual({
        name,
        status: 500,
        report: undefined,
        undone: false,
      });
      tried(1);
    }
  });
});
