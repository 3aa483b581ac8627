import { Test } from '@nestjs/testing';
import { ReaModule } from '@rea/core';
import { ObservabilityModule, type ObservabilityModuleOptions } from '@rea/observability';
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
    ['metric', 'metrics', { metric: true }],
    ['metrics.pth', 'metrics.path', { metrics: { pth: '/m' } }],
    ['hooks.queuesize', 'hooks.queueSize', { hooks: { queuesize: 5 } }],
    ['watch.intervall', 'watch.interval', { watch: { intervall: 5 } }],
    ['health.timout', 'health.timeout', { health: { timout: 5 } }],
    ['logs.level', 'no options', { logs: { level: 'debug' } }],
    ['traces.exporter', 'no options', { traces: { exporter: 'x' } }],
  ])('of ObservabilityModule: %s', async (path, near, options) => {
    const expected = new RegExp(`REA1001: The option ${path} of ObservabilityModule does not exist.*${near}`);
    expect(await refusal(() => ObservabilityModule.forRoot(options as ObservabilityModuleOptions))).toMatch(expected);
    const later = ObservabilityModule.forRootAsync({ useFactory: () => options as ObservabilityModuleOptions });
    expect(await refusal(() => Test.createTestingModule({ imports: [rea, later] }).compile())).toMatch(expected);
  });
});
