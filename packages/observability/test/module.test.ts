import { ReaEvents } from '@rea/core';
import { ObservabilityModule, type ObservabilityModuleOptions } from '@rea/observability';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { tried } from '../../../test/support/claim.js';
import { NO_DURATIONS } from '../../core/test/support/no-durations.js';
import { scrape } from './support/scrape.js';

let app: ReaTestApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function statusOf(path: string): Promise<number> {
  await app!.app.listen(0, '127.0.0.1');
  return (await fetch(`${await app!.app.getUrl()}${path}`)).status;
}

describe('Without options', () => {
  test('nothing is served and nobody listens, so that events are not even built', async () => {
    app = await createTestApp({ imports: [ObservabilityModule.forRoot()] });
    expect(await statusOf('/metrics')).toBe(404);
    const events = app.get(ReaEvents);
    const built = vi.fn<() => never>();
    events.publish('attempt-started', built);
    events.publish('violation', built);
    expect(built).not.toHaveBeenCalled();
  });
});

describe('Metrics', () => {
  test('are served at /metrics', async () => {
    app = await createTestApp({ imports: [ObservabilityModule.forRoot({ metrics: true })] });
    expect(await statusOf('/metrics')).toBe(200);
  });

  test('are served where the application says, in each application of a process', async () => {
    app = await createTestApp({ imports: [ObservabilityModule.forRoot({ metrics: { path: '/inner' } })] });
    expect(await statusOf('/inner')).toBe(200);
    expect((await fetch(`${await app.app.getUrl()}/metrics`)).status).toBe(404);
  });

  test('are not served where the application serves them itself', async () => {
    app = await createTestApp({ imports: [ObservabilityModule.forRoot({ metrics: { path: false } })] });
    expect(await statusOf('/metrics')).toBe(404);
  });

  test('take options that come later, and the path beside them', async () => {
    const later = ObservabilityModule.forRootAsync({
      metricsPath: '/late',
      useFactory: async () => ({ metrics: true }),
    });
    app = await createTestApp({ imports: [later] });
    expect(await statusOf('/late')).toBe(200);
    const { text } = await scrape(`${await app.app.getUrl()}/late`);
    expect(text).toContain('# TYPE rea_invocations_total counter');
  });

  test('without their library say what to install', async () => {
    vi.doMock('prom-client', () => {
      throw new Error('Cannot find package');
    });
    await expect(createTestApp({ imports: [ObservabilityModule.forRoot({ metrics: true })] })).rejects.toThrow(
      /^REA1060: Metrics need prom-client, which is not installed\. Run: npm install prom-client/,
    );
    vi.doUnmock('prom-client');
  });
});

describe('Options that cannot work', () => {
  test.each<[ObservabilityModuleOptions, string]>([
    [{ hooks: { queueSize: 0 } }, 'hooks.queueSize'],
    [{ hooks: { shutdownGrace: -1 } }, 'hooks.shutdownGrace'],
    [{ watch: { interval: 0 } }, 'watch.interval'],
    [{ metrics: { path: '' } }, 'metrics.path'],
    [{ health: { timeout: 0 } }, 'health.timeout'],
    [{ hooks: { shutdownGrace: 2 ** 31 } }, 'hooks.shutdownGrace'],
    [{ watch: { interval: { days: 25 } } }, 'watch.interval'],
    [{ health: { timeout: Infinity } }, 'health.timeout'],
  ])('%j are refused when the module is defined', (options, path) => {
    expect(() => ObservabilityModule.forRoot(options)).toThrow(`REA1001: The option ${path} `);
  });

  test.each<[string, (value: never) => ObservabilityModuleOptions]>([
    ['hooks.shutdownGrace', (shutdownGrace) => ({ hooks: { shutdownGrace } })],
    ['watch.interval', (interval) => ({ watch: { interval } })],
    ['health.timeout', (timeout) => ({ health: { timeout } })],
  ])('%s is refused when it is no duration', { meta: { claim: 'durations' } }, (path, options) => {
    tried(NO_DURATIONS.length);
    for (const value of NO_DURATIONS) {
      const define = () => ObservabilityModule.forRoot(options(value as never));
      expect(define).toThrow(`REA1001: The option ${path} `);
    }
  });

  test('the longest durations that a timer can wait are not refused', () => {
    const longest = 2 ** 31 - 1;
    const options = { hooks: { shutdownGrace: longest }, watch: { interval: longest }, health: { timeout: longest } };
    expect(() => ObservabilityModule.forRoot(options)).not.toThrow();
  });

  test('a path beside a factory is not empty', () => {
    const options = { metricsPath: '', useFactory: () => ({ metrics: true }) };
    expect(() => ObservabilityModule.forRootAsync(options)).toThrow('REA1001: The option metricsPath is empty');
  });

  test('a path from a factory comes too late', async () => {
    const late = ObservabilityModule.forRootAsync({ useFactory: () => ({ metrics: { path: '/late' } }) });
    await expect(createTestApp({ imports: [late] })).rejects.toThrow(
      /^REA1001: The option metrics\.path .*metricsPath/,
    );
  });

  test('are refused when they come later, too', async () => {
    const later = ObservabilityModule.forRootAsync({ useFactory: () => ({ hooks: { queueSize: 0.5 } }) });
    await expect(createTestApp({ imports: [later] })).rejects.toThrow('REA1001: The option hooks.queueSize ');
  });
});
