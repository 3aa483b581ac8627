import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { OnEndpointReady } from '@rea/core';
import { DeadLetters, SagaModule, SagaOperations } from '@rea/saga';
import { createTestApp } from '@rea/testing';
import { expect, test } from 'vitest';

const VERBS: Readonly<Record<string, (letters: DeadLetters, sagas: SagaOperations) => Promise<unknown>>> = {
  'DeadLetters.get': (letters) => letters.get('nobody'),
  'DeadLetters.redrive': (letters) => letters.redrive('nobody', { by: 'ada' }),
  'DeadLetters.resolve': (letters) => letters.resolve('nobody', { by: 'ada', note: 'n' }),
  'DeadLetters.discard': (letters) => letters.discard('nobody', { by: 'ada', note: 'n' }),
  'SagaOperations.killed': (_, sagas) => sagas.killed(),
  'SagaOperations.paused': (_, sagas) => sagas.paused(),
};

interface Failure {
  readonly status?: number;
  readonly message?: string;
}

@Injectable()
class Early implements OnApplicationBootstrap, OnEndpointReady {
  readonly before: Record<string, Failure> = {};
  readonly ready: Record<string, Failure> = {};

  constructor(
    private readonly letters: DeadLetters,
    private readonly sagas: SagaOperations,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.askAll(this.before);
  }

  onEndpointReady(): Promise<void> {
    return this.askAll(this.ready);
  }

  async askAll(answers: Record<string, Failure>): Promise<void> {
    for (const [name, ask] of Object.entries(VERBS)) {
      answers[name] = await ask(this.letters, this.sagas).then(
        () => ({}),
        (error: { getStatus(): number; message: string }) => ({ status: error.getStatus(), message: error.message }),
      );
    }
  }
}

test('Operators that ask before the endpoint is open are refused at once, with the hook to use', async () => {
  const app = await createTestApp({
    imports: [SagaModule.forRoot({ supervisor: { interval: 60_000 } })],
    providers: [Early],
  });
  const { before, ready } = app.get(Early);
  for (const name of Object.keys(VERBS)) {
    expect(before[name]).toMatchObject({
      status: 503,
      message: expect.stringMatching(new RegExp(`^REA6050: ${name}\\(\\) .*onEndpointReady`)),
    });
    expect(ready[name]?.message ?? '').not.toMatch(/REA6050|REA8030/);
  }
  expect(ready['DeadLetters.get']).toMatchObject({ status: 404, message: expect.stringContaining('REA8021') });
  await app.close();
});

test('After it has closed they are refused, too', async () => {
  const app = await createTestApp({
    imports: [SagaModule.forRoot({ supervisor: { interval: 60_000 } })],
    providers: [Early],
  });
  const early = app.get(Early);
  await app.close();
  const after: Record<string, Failure> = {};
  await early.askAll(after);
  expect(after['DeadLetters.get']).toMatchObject({ status: 503, message: expect.stringMatching(/^REA6052: /) });
});
