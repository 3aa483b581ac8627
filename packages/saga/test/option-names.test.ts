import { Test } from '@nestjs/testing';
import { ReaModule } from '@rea/core';
import {
  DeclaredSaga,
  SagaHandler,
  SagaModule,
  type SagaModuleOptions,
  SagaOperatorsModule,
  SagaStep,
} from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import { describe, expect, test } from 'vitest';

const rea = ReaModule.forRoot({ server: { ingressUrl: 'http://127.0.0.1:1' }, endpoint: false });

async function refusal(define: () => unknown): Promise<string> {
  try {
    await define();
    return 'not refused';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('A misspelt option stops the start', { meta: { claim: 'wiring' } }, () => {
  test.each([
    ['stratgy', 'strategy', { stratgy: 'all' }],
    ['retry.maxAttemps', 'retry.maxAttempts', { retry: { maxAttemps: 1 } }],
    ['deadLetters.secrets', 'deadLetters.secret', { deadLetters: { secrets: 'x' } }],
    ['supervisor.onKill', 'supervisor.onKilled', { supervisor: { onKill: 'report' } }],
    ['deadline', 'It has', { deadline: 5 }],
  ])('of SagaModule: %s', async (path, near, options) => {
    const expected = new RegExp(`REA1001: The option ${path} of SagaModule does not exist.*${near}`);
    expect(await refusal(() => SagaModule.forRoot(options as SagaModuleOptions))).toMatch(expected);
    const later = SagaModule.forRootAsync({ useFactory: () => options as SagaModuleOptions });
    expect(await refusal(() => Test.createTestingModule({ imports: [rea, later] }).compile())).toMatch(expected);
  });

  test('of SagaOperatorsModule, before it says that it has no guard', async () => {
    const options = { guard: [], guards: [] } as never;
    expect(await refusal(() => SagaOperatorsModule.register(options))).toMatch(/guard of SagaOperatorsModule.*guards/);
  });

  test('of @SagaHandler and @DeclaredSaga', async () => {
    const handler = () => {
      class Odd {
        @SagaHandler({ deadlin: 5 } as never)
        async pay(_ctx: Context): Promise<void> {}
      }
      return Odd;
    };
    expect(await refusal(handler)).toMatch(/deadlin of @SagaHandler of Odd.pay does not exist.*deadline/);
    const declared = () => {
      @DeclaredSaga({ naem: 'odd' } as never)
      class Odd {
        @SagaStep({ irreversible: true })
        async pay(_ctx: Context): Promise<void> {}
      }
      return Odd;
    };
    expect(await refusal(declared)).toMatch(/naem of @DeclaredSaga of Odd does not exist.*name/);
  });
});

test(
  'A step, a saga handler or a compensation on what is no method is refused',
  { meta: { claim: 'class-shapes' } },
  async () => {
    class Odd {
      pay = async () => undefined;
    }
    const onProperty = (decorator: unknown) => () =>
      (decorator as (target: object, name: string) => void)(Odd.prototype, 'pay');
    expect(await refusal(onProperty(SagaStep({ irreversible: true })))).toMatch(/REA1090: Odd.pay.*@SagaStep/);
    expect(await refusal(onProperty(SagaHandler()))).toMatch(/REA1090: Odd.pay.*@SagaHandler/);
  },
);
