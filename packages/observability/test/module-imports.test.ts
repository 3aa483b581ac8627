import { type DynamicModule, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ReaModule } from '@rea/core';
import { IngressModule } from '@rea/ingress';
import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { expect, test } from 'vitest';

const url = 'http://127.0.0.1:1';
const rea = (namespace: string) => ReaModule.forRoot({ server: { ingressUrl: url }, endpoint: false, namespace });

function start(...imports: DynamicModule[]): Promise<unknown> {
  @Module({ imports: imports.slice(1) })
  class Feature {}
  @Module({ imports: [imports[0]!, Feature] })
  class App {}
  return Test.createTestingModule({ imports: [App] }).compile();
}

test.each([
  ['ReaModule', [rea('one'), rea('two')]],
  ['IngressModule', [IngressModule.forRoot({ url }), rea('one'), IngressModule.forRoot()]],
  ['SagaModule', [rea('one'), SagaModule.forRoot(), SagaModule.forRoot({ retry: { maxAttempts: 2 } })]],
  ['ObservabilityModule', [ObservabilityModule.forRoot({ watch: false }), rea('one'), ObservabilityModule.forRoot()]],
])('%s cannot be imported twice', async (name, imports) => {
  await expect(start(...imports)).rejects.toThrow(
    `REA1023: The application imports ${name} 2 times, each time with options of its own. Call forRoot() or forRootAsync() once,`,
  );
});
