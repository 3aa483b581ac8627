import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { type Context, context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { ReaContextManager } from '@rea/observability/tracing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ambientValue, callWithin } from '../../src/traces/context-manager.js';

const NAME = createContextKey('name');

function named(name: string): Context {
  return ROOT_CONTEXT.setValue(NAME, name);
}

function active(): unknown {
  return context.active().getValue(NAME);
}

// What holds for OpenTelemetry's own manager holds for Rea's.
describe.each([
  ['ReaContextManager', ReaContextManager],
  ['AsyncLocalStorageContextManager', AsyncLocalStorageContextManager],
])('%s', (_name, Manager) => {
  beforeEach(() => {
    context.setGlobalContextManager(new Manager().enable());
  });
  afterEach(() => context.disable());

  test('nothing is active outside', () => {
    expect(context.active()).toBe(ROOT_CONTEXT);
  });

  test('a context is active in what is called within it and in all that this starts, and not after the call', async () => {
    const told: unknown[] = [];
    const content = async () => {
      told.push(active());
      await turn();
      told.push(active());
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      told.push(active());
    };
    const ended = context.with(named('a'), content);
    expect(active()).toBeUndefined();
    await ended;
    expect(told).toEqual(['a', 'a', 'a']);
    expect(active()).toBeUndefined();
  });

  test('contexts that go on side by side do not mix, and the inner one ends with its call', async () => {
    const through = async (name: string) => {
      await turn();
      const inner = await context.with(named(`${name} inner`), async () => {
        await turn();
        return active();
      });
      return [inner, active()];
    };
    const all = await Promise.all(['a', 'b'].map((name) => context.with(named(name), () => through(name))));
    expect(all).toEqual([
      ['a inner', 'a'],
      ['b inner', 'b'],
    ]);
  });

  test('what is called gets this and arguments, gives its result, and throws', () => {
    const counter = { by: 2 };
    const sum = function (this: typeof counter, one: number, other: number) {
      return (one + other) * this.by;
    };
    expect(context.with(named('a'), sum, counter, 1, 2)).toBe(6);
    const fail = () => {
      throw new Error('no');
    };
    expect(() => context.with(named('a'), fail)).toThrow('no');
    expect(active()).toBeUndefined();
  });

  test("the application's own storages stay as they are", async () => {
    const storage = new AsyncLocalStorage<string>();
    await storage.run('own', async () => {
      const inside = await context.with(named('a'), async () => {
        await turn();
        return storage.getStore();
      });
      expect(inside).toBe('own');
      expect(context.with(named('a'), () => storage.run('inner', () => [storage.getStore(), active()]))).toEqual([
        'inner',
        'a',
      ]);
      expect(storage.getStore()).toBe('own');
    });
  });

  test('a bound function is called within the context, wherever', () => {
    const bound = context.bind(named('a'), function (this: unknown, more: string) {
      return [active(), this, more];
    });
    expect(context.with(named('b'), () => bound.call('self', 'x'))).toEqual(['a', 'self', 'x']);
    expect(bound).toHaveLength(1);
  });

  test('listeners of a bound emitter are called within the context', async () => {
    const emitter = context.bind(named('a'), new EventEmitter());
    const told: unknown[] = [];
    emitter.on('event', (value) => told.push(active(), value));
    emitter.once('event', () => told.push(active()));
    const waited = once(emitter, 'event');
    expect(context.with(named('b'), () => emitter.emit('event', 1))).toBe(true);
    await waited;
    expect(told).toEqual(['a', 1, 'a']);
    expect(emitter.emit('unheard')).toBe(false);
    const listener = () => told.push('never');
    emitter.on('event', listener).off('event', listener).emit('event', 2);
    expect(told).toEqual(['a', 1, 'a', 'a', 2]);
  });

  test('a context that is attached is active until it is put back', async () => {
    const told = await context.with(named('outer'), async () => {
      await turn();
      const attached = context.attach(named('a'));
      const inside = [active()];
      await turn();
      inside.push(active());
      attached.dispose();
      attached.dispose();
      return [...inside, active()];
    });
    expect(told).toEqual(['a', 'a', 'outer']);
    expect(active()).toBeUndefined();
  });

  test('anything else cannot be bound, and stays as it is', () => {
    const value = { a: 1 };
    expect(context.bind(named('a'), value)).toBe(value);
  });

  test('a synchronous function is called within a context, and what it calls within another one', () => {
    const told = context.with(named('outer'), () => [
      ...callWithin(named('a'), () => [active(), context.with(named('b'), active), active()]),
      active(),
    ]);
    expect(told).toEqual(['a', 'b', 'a', 'outer']);
  });
});

describe('a task may be put within a context', () => {
  afterEach(() => context.disable());

  test('if Rea keeps the contexts', () => {
    context.setGlobalContextManager(new ReaContextManager().enable());
    expect(ambientValue(ROOT_CONTEXT)).toBeDefined();
  });

  test('and not if another manager does, though one of Rea exists', () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    new ReaContextManager().enable();
    expect(ambientValue(ROOT_CONTEXT)).toBeUndefined();
    context.disable();
    context.setGlobalContextManager(new ReaContextManager().enable());
    expect(ambientValue(ROOT_CONTEXT)).toBeDefined();
  });
});
