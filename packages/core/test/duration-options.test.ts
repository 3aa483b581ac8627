import {
  Handler,
  ReaModule,
  type ReaModuleOptions,
  type RetentionOptions,
  Service,
  type ServiceOptions,
  Workflow,
  WorkflowRun,
} from '@rea/core';
import {
  IngressModule,
  type IngressModuleOptions,
  SignedWebhook,
  type SignedWebhookOptions,
  stripe,
} from '@rea/ingress';
import { createTestApp } from '@rea/testing';
import { Test } from '@nestjs/testing';
import type { Context, WorkflowContext } from '@restatedev/restate-sdk';
import { describe, expect, test } from 'vitest';
import { tried } from '../../../test/support/claim.js';
import { NO_DURATIONS } from './support/no-durations.js';

const server = { ingressUrl: 'http://127.0.0.1:1', adminUrl: 'http://127.0.0.1:2' };
const refused = (path: string) =>
  expect.objectContaining({ code: 'REA1001', message: expect.stringContaining(`The option ${path} `) });

/** The error of each wrong value. */
async function errorsOf(use: (value: never) => unknown, values: readonly unknown[] = NO_DURATIONS): Promise<unknown[]> {
  tried(values.length);
  const errors: unknown[] = [];
  for (const value of values) {
    try {
      await use(value as never);
      errors.push(`accepted: ${String(value)}`);
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}

describe('A duration among the options', { meta: { claim: 'durations' } }, () => {
  test.each<[string, (value: number) => Partial<ReaModuleOptions>]>([
    ['endpoint.drainTimeout', (drainTimeout) => ({ endpoint: { drainTimeout } })],
    ['endpoint.shutdownGrace', (shutdownGrace) => ({ endpoint: { shutdownGrace } })],
    ['registration.timeout', (timeout) => ({ registration: { timeout } })],
  ])('of ReaModule is refused when the module is defined: %s', async (path, options) => {
    const values = [...NO_DURATIONS, 2 ** 31, { minutes: 5 }];
    const errors = await errorsOf((value) => ReaModule.forRoot({ server, ...options(value) }), values);
    expect(errors).toEqual(values.map(() => refused(path)));
  });

  test('of the watch of a registration is refused when the module is defined', async () => {
    const use = (interval: number) => ReaModule.forRoot({ server, registration: { watch: { interval } } });
    // A pause is up to 20% longer than the interval, and a timer that overflows fires at once.
    const longest = Math.floor((2 ** 31 - 1) / 1.2);
    const values = [...NO_DURATIONS, 0, 9, '15s', { milliseconds: 0 }, longest + 1, 2 ** 31, { days: 25 }];
    const errors = await errorsOf(use, values);
    expect(errors).toEqual(values.map(() => refused('registration.watch.interval')));
    for (const interval of [10, longest, { seconds: 30 }]) use(interval as number);
  });

  test.each<[string, (value: number) => IngressModuleOptions]>([
    ['timeout of IngressModule', (timeout) => ({ timeout })],
    ['retry.initialInterval of IngressModule', (initialInterval) => ({ retry: { initialInterval } })],
    ['retry.maxInterval of IngressModule', (maxInterval) => ({ retry: { maxInterval } })],
    ['retry.maxDuration of IngressModule', (maxDuration) => ({ retry: { maxDuration } })],
    [
      'connections.other.timeout of IngressModule',
      (timeout) => ({ connections: { other: { url: 'http://127.0.0.1:3', timeout } } }),
    ],
  ])('of IngressModule is refused at the start: %s', async (path, options) => {
    const values = [...NO_DURATIONS, 2 ** 31, { minutes: 5 }];
    const errors = await errorsOf((value) => {
      const imports = [IngressModule.forRoot({ url: 'http://127.0.0.1:1', ...options(value) })];
      return Test.createTestingModule({ imports }).compile();
    }, values);
    expect(errors).toEqual(values.map(() => refused(path)));
  });

  test.each<[string, (value: number) => Partial<SignedWebhookOptions>]>([
    ['tolerance', (tolerance) => ({ tolerance })],
    ['singleUse.lease', (lease) => ({ singleUse: { lease } })],
    ['singleUse.retention', (retention) => ({ singleUse: { retention } })],
  ])('of a webhook is refused at its decorator: %s', async (path, options) => {
    const values = [...NO_DURATIONS, { minutes: 5 }];
    const errors = await errorsOf(
      (value) => SignedWebhook({ scheme: stripe(), secrets: ['secret'], ...options(value) }),
      values,
    );
    expect(errors).toEqual(values.map(() => refused(`${path} of @SignedWebhook`)));
  });
});

const OF_COMPONENTS: readonly (readonly [string, (value: number) => ServiceOptions])[] = [
  ['inactivityTimeout', (inactivityTimeout) => ({ inactivityTimeout })],
  ['abortTimeout', (abortTimeout) => ({ abortTimeout })],
  ['journalRetention', (journalRetention) => ({ journalRetention })],
  ['idempotencyRetention', (idempotencyRetention) => ({ idempotencyRetention })],
  ['retryPolicy.initialInterval', (initialInterval) => ({ retryPolicy: { initialInterval } })],
  ['retryPolicy.maxInterval', (maxInterval) => ({ retryPolicy: { maxInterval } })],
];

describe('A duration among the options of a component', { meta: { claim: 'durations' } }, () => {
  const none = null as unknown as number;
  const values = [Number.NaN, -1, Number.POSITIVE_INFINITY, '5000', none, {}, { minute: 5 }] as number[];
  const start = (options: ServiceOptions, ofHandler: ServiceOptions, rea: Partial<ReaModuleOptions> = {}) => {
    @Service({ ...options, name: 'Shop' })
    class Shop {
      @Handler(ofHandler as object)
      async buy(_ctx: Context): Promise<void> {}
    }
    return createTestApp({ providers: [Shop], rea: { ...rea, registration: false } }).then((app) => app.close());
  };

  test.each(OF_COMPONENTS)('is refused at the start, wherever it is given: %s', async (name, option) => {
    const ways: [string, (value: number) => Promise<void>][] = [
      ['Shop', (value) => start(option(value), {})],
      ['Shop/buy', (value) => start({}, option(value))],
      ['Shop', (value) => start({}, {}, { defaults: option(value) })],
      ['Shop', (value) => start({}, {}, { components: { Shop: option(value) } })],
      ['Shop/buy', (value) => start({}, {}, { components: { Shop: { handlers: { buy: option(value) } } } })],
    ];
    for (const [place, way] of ways) {
      const errors = await errorsOf(way, values);
      expect(errors).toEqual(values.map(() => refused(`${name} of ${place}`)));
    }
  });

  test('is refused at the start: the deadline, wherever it is given', async () => {
    for (const way of [
      (deadline: number) => start({ deadline }, {}),
      (deadline: number) => start({}, { deadline }),
      (deadline: number) => start({}, {}, { defaults: { deadline } }),
    ]) {
      const errors = await errorsOf(
        way,
        values.filter((value) => value !== none),
      );
      for (const error of errors) expect(String(error)).toMatch(/REA1022: Shop\/buy has a deadline that .*Pass milli/);
    }
  });

  test('is refused at the start: the days of a retention', async () => {
    const errors = await errorsOf(async (days) => {
      @Workflow({ retention: { days } satisfies RetentionOptions })
      class Flow {
        @WorkflowRun()
        async run(_ctx: WorkflowContext): Promise<void> {}
      }
      await createTestApp({ providers: [Flow], rea: { registration: false } }).then((app) => app.close());
    });
    for (const error of errors) expect(String(error)).toMatch(/REA1020: .* has a retention of .* days/);
  });
});
