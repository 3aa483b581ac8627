import { Injectable } from '@nestjs/common';
import { Handler, PolicyViolationError, Service, Shared, VirtualObject } from '@rea/core';
import { SagaHandler, Sagas } from '@rea/saga';
import type { Context, ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import type { ReaTestApp } from '@rea/testing';
import { afterEach, expect, test } from 'vitest';
import { SagaHandlerCatalog } from '../../src/supervisor/saga-handler-catalog.service.js';
import { supervised, warnings } from './support/supervised-app.js';

let app: ReaTestApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
  warnings.length = 0;
});

@Injectable()
class Deep {
  constructor(readonly sagas: Sagas) {}
}

@Injectable()
class Middle {
  constructor(readonly deep: Deep) {}
}

@VirtualObject()
class Account {
  constructor(readonly middle: Middle) {}

  @Handler()
  async move(_ctx: ObjectContext): Promise<void> {}

  @Shared()
  async read(_ctx: ObjectSharedContext): Promise<void> {}
}

@Service({ journalRetention: 0 })
class Forgetful {
  @Handler()
  @SagaHandler()
  async go(_ctx: Context): Promise<void> {}
}

@Service()
class Plain {
  @Handler({ retryPolicy: { maxAttempts: 1, onMaxAttempts: 'kill' } })
  async go(_ctx: Context): Promise<void> {}
}

test('knows the handlers that have sagas: decorated ones, and those of classes that can get to Sagas', async () => {
  app = await supervised({ supervisor: false }, { policy: 'warn' }, [Deep, Middle, Account, Plain]);
  const found = (await app.get(SagaHandlerCatalog).all()).map(({ place, kind }) => `${kind} ${place}`);
  expect(found.toSorted()).toEqual([
    'object Account.move',
    'object Traveller.travel',
    'service Office.cancel',
    'service Trips.travel',
    'service Trips.travelInTime',
    'service Trips.travelOrDie',
    'workflow LoggedTour.travel',
    'workflow Tour.travel',
  ]);
});

test('warns of exclusive object handlers, of journals that are not retained, and of the retry policy kill', async () => {
  app = await supervised({ supervisor: false }, { policy: 'warn' }, [Deep, Middle, Account, Plain, Forgetful]);
  const told = (code: string) => warnings.filter((message) => message.includes(code));
  const places = told('REA8054').map((message) => /REA8054: (\S+)/.exec(message)?.[1]);
  expect(new Set(places)).toEqual(new Set(['Account.move', 'Traveller.travel']));
  expect(told('REA8054')[0]).toContain('Run the saga in a service or a workflow');
  expect(told('REA8055')).toEqual([expect.stringContaining('Forgetful.go has sagas and journalRetention: 0')]);
  expect(told('REA2035')).toEqual([expect.stringContaining('Trips/travelOrDie')]);
});

test('the retry policy kill is found where configuration sets it, and refused in strict', async () => {
  const error: unknown = await supervised(
    { supervisor: false },
    { policy: 'strict', components: { Traveller: { retryPolicy: { onMaxAttempts: 'kill' } } } },
  ).then(
    (started) => (app = started),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PolicyViolationError);
  expect(String(error)).toMatch(/REA2035/);
});

test.for([
  [{ interval: 0 }, 'supervisor.interval'],
  [{ window: -1 }, 'supervisor.window'],
  [{ onKilled: 'panic' as never }, 'supervisor.onKilled'],
] as const)('an option that cannot work is refused: %j', async ([supervisor, path]) => {
  await expect(supervised({ supervisor })).rejects.toThrow(path);
});
