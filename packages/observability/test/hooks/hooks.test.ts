import { Injectable, Logger, Scope } from '@nestjs/common';
import { Handler, run, Service, type ReaEventMap } from '@rea/core';
import { currentScope } from '@rea/core/internal';
import { ObservabilityModule, type ObservabilityModuleOptions, OnReaEvent } from '@rea/observability';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';

@Service({ retryPolicy: { initialInterval: 10 } })
class Desk {
  @Handler()
  async serve(ctx: Context, name: string): Promise<string> {
    return run(ctx, 'serve', () => `Hello, ${name}`);
  }
}

let gate = Promise.withResolvers<void>();
let logged: string[] = [];
beforeEach(() => {
  gate = Promise.withResolvers<void>();
  logged = [];
  for (const level of ['error', 'warn'] as const) {
    vi.spyOn(Logger.prototype, level).mockImplementation((message: unknown) => void logged.push(String(message)));
  }
});
afterEach(() => vi.restoreAllMocks());

@Injectable()
class Told {
  readonly lines: string[] = [];
  readonly scopes: unknown[] = [];
  isClosed = false;

  @OnReaEvent('invocation-ended')
  async ended({ handler, outcome }: ReaEventMap['invocation-ended']): Promise<void> {
    this.scopes.push(currentScope());
    await gate.promise;
    this.lines.push(`${handler} ${outcome}${this.isClosed ? ' too late' : ''}`);
  }

  @OnReaEvent('run-ended')
  @OnReaEvent('invocation-started')
  both(payload: ReaEventMap['run-ended'] | ReaEventMap['invocation-started']): void {
    this.lines.push('name' in payload ? `run ${payload.name}` : 'started');
  }

  onModuleDestroy(): void {
    this.isClosed = true;
  }
}

@Injectable()
class Bad {
  @OnReaEvent('attempt-started')
  throws(): void {
    throw new Error('bad hook');
  }

  @OnReaEvent('attempt-ended')
  async rejects(): Promise<void> {
    throw new Error('bad hook');
  }
}

function appWith(providers: unknown[], options: ObservabilityModuleOptions = {}): Promise<ReaTestApp> {
  return createTestApp({
    imports: [ObservabilityModule.forRoot(options)],
    providers: [Desk, ...(providers as [])],
  });
}

function serve(app: ReaTestApp): Promise<string> {
  return app.ingress.service(Desk).call.serve('Ada', { idempotencyKey: false });
}

describe('A hook', () => {
  test('is told beside the invocation, which does not wait for it, and outside its scope', async () => {
    await using app = await appWith([Told]);
    const told = app.get(Told);
    expect(await serve(app)).toBe('Hello, Ada');
    await eventually(() => expect(told.lines).toEqual(['started', 'run serve']));
    gate.resolve();
    await eventually(() => expect(told.lines.at(-1)).toBe('serve completed'));
    expect(told.scopes).toEqual([undefined]);
  });

  test('that fails changes nothing, and is logged', async () => {
    await using app = await appWith([Bad]);
    expect(await serve(app)).toBe('Hello, Ada');
    await eventually(() => expect(logged.filter((line) => line.includes('REA9001'))).toHaveLength(2));
    expect(logged.join('\n')).toContain('Bad.throws');
  });

  test('that is too slow loses events, and is logged', async () => {
    await using app = await appWith([Told], { hooks: { queueSize: 1 } });
    for (let count = 0; count < 4; count += 1) await serve(app);
    await eventually(() => expect(logged.join('\n')).toContain('REA9003: The hook Told.ended'));
    gate.resolve();
    // The first is under way, the second waits.
    await eventually(() =>
      expect(app.get(Told).lines.filter((line) => line.startsWith('serve'))).toEqual([
        'serve completed',
        'serve completed',
      ]),
    );
  });

  test('is waited for by a shutdown, before any provider is destroyed', async () => {
    const app = await appWith([Told]);
    await serve(app);
    const told = app.get(Told);
    await eventually(() => expect(told.scopes).toHaveLength(1));
    const closed = app.close();
    gate.resolve();
    await closed;
    expect(told.lines.at(-1)).toBe('serve completed');
  });

  test('that does not end holds a shutdown up no longer than its grace', async () => {
    const app = await appWith([Told], { hooks: { shutdownGrace: 50 } });
    await serve(app);
    await eventually(() => expect(app.get(Told).scopes).toHaveLength(1));
    await app.close();
    expect(logged.join('\n')).toContain('REA9004');
    gate.resolve();
  });
});

test('A hook in a provider that lives for a request only is refused at the start', async () => {
  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {
    @OnReaEvent('error')
    tell(): void {}
  }
  await expect(appWith([PerRequest])).rejects.toThrow(/^REA1063: PerRequest\.tell is a hook/);
});

test('Hooks of providers that factories make are found, and of values', async () => {
  class Made {
    told = 0;

    @OnReaEvent('invocation-ended')
    tell(): void {
      this.told += 1;
    }
  }
  const value = new Made();
  const factory = function () {
    return new Made();
  };
  await using app = await appWith([
    { provide: 'made', useFactory: factory },
    { provide: 'value', useValue: value },
    { provide: 'nothing', useValue: null },
    { provide: 'text', useFactory: () => 'text' },
  ]);
  await serve(app);
  await eventually(() => expect([app.get<Made>('made').told, value.told]).toEqual([1, 1]));
});

test('Hooks are inherited, and told once', async () => {
  @Injectable()
  class Base {
    told = 0;

    @OnReaEvent('invocation-ended')
    tell(): void {
      this.told += 1;
    }
  }
  @Injectable()
  class Derived extends Base {}
  await using app = await appWith([Derived, { provide: 'alias', useExisting: Derived }]);
  await serve(app);
  await serve(app);
  await eventually(() => expect(app.get(Derived).told).toBe(2));
});
