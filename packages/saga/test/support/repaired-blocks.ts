import { run } from '@rea/core';
import { compensateWith, type Saga } from '@rea/saga';
import { type Context, TerminalError } from '@restatedev/restate-sdk';

/** What has happened, by the input of the invocation. */
export const log = new Map<string, string[]>();
export const note = (name: string, what: string) => void log.set(name, [...(log.get(name) ?? []), what]);
/** What fails in the code of these is repaired. */
export const repaired = new Set<string>();

function flaky(name: string): void {
  if (!repaired.has(name)) throw new Error('connect ECONNREFUSED');
}

export type Block = (ctx: Context, saga: Saga, name: string) => Promise<unknown>;

export const undoableStep = (
  ctx: Context,
  saga: Saga,
  name: string,
  called: string,
  action?: () => PromiseLike<unknown>,
) =>
  saga.step(called, {
    compensate: () => compensateWith('undo', { name, step: called }),
    action: action ?? (() => run(ctx, called, () => note(name, called))),
  });

const booked = async (ctx: Context, saga: Saga, name: string) => {
  await undoableStep(ctx, saga, name, 'pay');
  await undoableStep(ctx, saga, name, 'book');
};

/** Services of a suite have a name space. */
const shopBeside = (ctx: Context) => ctx.request().target.service.replace(/(Trip|Flow)$/, 'Shop');

const call = (ctx: Context, name: string) =>
  ctx.genericCall<string, void>({ service: shopBeside(ctx), method: 'ship', parameter: name, inputSerde: JSON_SERDE });
const JSON_SERDE = {
  contentType: 'application/json',
  serialize: (value: string) => new TextEncoder().encode(JSON.stringify(value)),
  deserialize: (data: Uint8Array) => JSON.parse(new TextDecoder().decode(data)) as string,
};

/** What the code does once nothing fails in it any more, and what is undone then. */
export const BLOCKS = {
  'throws again': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      throw new Error('connect ECONNREFUSED');
    },
  ],
  'goes on to a step': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await undoableStep(ctx, saga, name, 'ship');
    },
  ],
  'goes on to steps at once': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await saga.parallel({
        ship: {
          compensate: () => compensateWith('undo', { name, step: 'ship' }),
          action: () => run(ctx, 'ship', () => undefined),
        },
        send: {
          compensate: () => compensateWith('undo', { name, step: 'send' }),
          action: () => run(ctx, 'send', () => undefined),
        },
      });
    },
  ],
  'goes on to a run': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await run(ctx, 'look', () => note(name, 'looked'));
    },
  ],
  'goes on to a run within its step': [
    ['ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await undoableStep(ctx, saga, name, 'ship', async () => {
        flaky(name);
        await run(ctx, 'ship', () => note(name, 'ship'));
      });
    },
  ],
  'goes on to a run in steps at once': [
    ['send', 'ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga.parallel({
        ship: {
          compensate: () => compensateWith('undo', { name, step: 'ship' }),
          action: async () => {
            // The other one is done by then.
            await ctx.sleep(300);
            flaky(name);
            await run(ctx, 'ship more', () => note(name, 'ship'));
          },
        },
        send: {
          compensate: () => compensateWith('undo', { name, step: 'send' }),
          action: () => run(ctx, 'send', () => undefined),
        },
      });
    },
  ],
  'goes on to a call': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await call(ctx, name);
    },
  ],
  'goes on to a run beside a call': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      const shipped = call(ctx, `${name}/held`);
      flaky(name);
      await run(ctx, 'look', () => note(name, 'looked'));
      await shipped;
    },
  ],
  'goes on to a message': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      ctx.genericSend({ service: shopBeside(ctx), method: 'ship', parameter: name, inputSerde: JSON_SERDE });
    },
  ],
  'goes on to a sleep': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await ctx.sleep(1);
    },
  ],
  'goes on to a pivot that does nothing': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await saga.pivot('commit', { irreversible: true, action: async () => 'done' });
    },
  ],
  'passes a pivot that does nothing': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga.pivot('commit', { irreversible: true, action: async () => flaky(name) });
    },
  ],
  returns: [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
    },
  ],
  'throws something terminal': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      throw new TerminalError('refused');
    },
  ],
  'goes on in a nested saga': [
    ['ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga.nested('inner', async (inner) => {
        await undoableStep(ctx, inner, name, 'ship');
        flaky(name);
        await undoableStep(ctx, inner, name, 'more');
      });
    },
  ],
  'returns from a nested saga': [
    ['ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga.nested('inner', async (inner) => {
        await undoableStep(ctx, inner, name, 'ship');
        flaky(name);
      });
    },
  ],
  'goes on after a nested saga': [
    ['ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga.nested('inner', (inner) => undoableStep(ctx, inner, name, 'ship'));
      flaky(name);
      await undoableStep(ctx, saga, name, 'more');
    },
  ],
  'goes on to a nested saga': [
    ['book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      flaky(name);
      await saga.nested('inner', (inner) => undoableStep(ctx, inner, name, 'ship'));
    },
  ],
  'goes on after a nested saga whose rollback it swallows': [
    ['ship', 'book', 'pay'],
    async (ctx, saga, name) => {
      await booked(ctx, saga, name);
      await saga
        .nested('inner', async (inner) => {
          await undoableStep(ctx, inner, name, 'ship');
          flaky(name);
        })
        .catch(() => flaky(name));
    },
  ],
} satisfies Record<string, readonly [readonly string[], Block]>;
