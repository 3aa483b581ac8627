import { Logger, type Provider } from '@nestjs/common';
import { ReaEvents, type ReaEventMap, type ReaModuleOptions } from '@rea/core';
import { SagaModule, type SagaModuleOptions, SagaOperations } from '@rea/saga';
import { createTestApp, type ReaTestApp, type TestAppOptions } from '@rea/testing';
import { vi } from 'vitest';
import { Agency, Booking, LoggedTour, Office, Tour, Traveller, Trips, Undo } from './desk.js';

type Told = ReaEventMap['saga-killed'] | ReaEventMap['saga-paused'];

/** Finds of the supervisors of a test file, whichever application told them. */
export const told: (Told & { readonly type: 'saga-killed' | 'saga-paused' })[] = [];
/** What was logged at error level. */
const errors: string[] = [];
export const warnings: string[] = [];

vi.spyOn(Logger.prototype, 'error').mockImplementation((message: unknown) => void errors.push(String(message)));
vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => void warnings.push(String(message)));

/** An application with sagas that are looked after often. */
export async function supervised(
  saga: SagaModuleOptions = {},
  rea: Omit<Partial<ReaModuleOptions>, 'server'> = {},
  providers: Provider[] = [],
  more: Pick<TestAppOptions, 'server' | 'override'> = {},
): Promise<ReaTestApp> {
  const app = await createTestApp({
    imports: [
      SagaModule.forRoot({
        retry: { initialInterval: 10, maxAttempts: 2 },
        ...saga,
        supervisor: saga.supervisor === false ? false : { interval: 50, ...saga.supervisor },
      }),
    ],
    providers: [Agency, Booking, LoggedTour, Office, Tour, Traveller, Trips, Undo, ...providers],
    rea,
    ...more,
  });
  for (const type of ['saga-killed', 'saga-paused'] as const) {
    app.get(ReaEvents).on(type, (payload) => void told.push({ type, ...payload }));
  }
  return app;
}

export function toldOf(invocationId: string): string[] {
  return told.filter((each) => each.invocationId === invocationId).map(({ type }) => type);
}

export function errorsOf(invocationId: string): string[] {
  return errors.filter((message) => !message.startsWith('[') && message.includes(invocationId));
}

export function operationsOf(app: ReaTestApp): SagaOperations {
  return app.get(SagaOperations);
}
