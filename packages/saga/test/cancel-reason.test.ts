import { run } from '@rea/core';
import type { SagaReport } from '@rea/saga';
import { type Context, type ObjectContext, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Play } from './support/play.js';
import { inviteCallees, type OnStage } from './support/scenes.js';
import { MODES, type Performance, Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

/** Another handler cancels, and the cancellation and what comes with it are in the journal of the cancelled one. */
async function cancel({ id }: Performance, reason?: string): Promise<void> {
  const signals = async () =>
    (await theatre.app.journal(id)).filter((row) => row.entry_type === 'Notification: Signal').length;
  const before = await signals();
  const ending = await theatre.play(new Play(), async (ctx, { sagas }) => sagas.cancel(ctx, id, reason));
  expect(ending).toEqual({ value: undefined });
  await expect.poll(signals, { timeout: 10_000 }).toBe(before + (reason === undefined ? 1 : 2));
}

/** A saga whose rollback waits for the end of a callee, `refund`. */
function gatedSaga(play: Play, end: (ctx: Context) => PromiseLike<unknown>) {
  const guest = inviteCallees(play);
  return (ctx: Context, { sagas, callees }: OnStage) =>
    sagas.run(ctx, 'reason', async (saga) => {
      await saga.step('a', play.step(ctx, 'a'));
      await saga.step('b', {
        compensate: () => () => callees.call.gated({ guest, name: 'refund' }),
        action: play.step(ctx, 'b').action,
      });
      await run(ctx, 'ready', () => play.effects.add('ready'));
      await end(ctx);
    });
}

const asleep = (ctx: Context) => ctx.sleep({ hours: 1 });

describe.for(MODES)('With %s cancellation, the reason of a cancel', (mode) => {
  test('is kept by the report', async () => {
    const play = new Play();
    const performance = await theatre.start(play, gatedSaga(play, asleep), mode);
    await play.effects.seen('ready');
    await cancel(performance, 'customer called');
    await theatre.letEnd(play, 'refund');
    const { status, report } = await performance.ending();
    expect(status).toBe(409);
    expect(report!.cause).toEqual({ kind: 'cancelled', message: 'Cancelled', code: 409, reason: 'customer called' });
  });

  test('is not there when none was given', async () => {
    const play = new Play();
    const performance = await theatre.start(play, gatedSaga(play, asleep), mode);
    await play.effects.seen('ready');
    await cancel(performance);
    await theatre.letEnd(play, 'refund');
    expect((await performance.ending()).report!.cause).toEqual({ kind: 'cancelled', message: 'Cancelled', code: 409 });
  });

  test('that comes second, during the rollback, does not replace the first', async () => {
    const play = new Play();
    const performance = await theatre.start(play, gatedSaga(play, asleep), mode);
    await play.effects.seen('ready');
    await cancel(performance, 'first');
    await play.effects.seen('refund begins');
    await cancel(performance, 'second');
    await theatre.letEnd(play, 'refund');
    const { report } = await performance.ending();
    expect(report).toMatchObject({ status: 'rolled-back', cause: { kind: 'cancelled', reason: 'first' } });
  });

  test('that comes during the rollback of an error is not why it was rolled back', async () => {
    const play = new Play();
    const failing = gatedSaga(play, () => {
      throw new TerminalError('no', { errorCode: 418 });
    });
    const performance = await theatre.start(play, failing, mode);
    await play.effects.seen('refund begins');
    await cancel(performance, 'too late');
    await theatre.letEnd(play, 'refund');
    const { status, report } = await performance.ending();
    expect(status).toBe(418);
    expect(report!.cause).toEqual({ kind: 'error', message: 'no', code: 418 });
  });

  test('is that of the second saga in a handler, when the first was done before', async () => {
    const play = new Play();
    const second = gatedSaga(play, asleep);
    const performance = await theatre.start(
      play,
      async (ctx, on) => {
        await on.sagas.run(ctx, 'first', (saga) => saga.step('x', play.step(ctx, 'x')));
        await second(ctx, on);
      },
      mode,
    );
    await play.effects.seen('ready');
    await cancel(performance, 'changed my mind');
    await theatre.letEnd(play, 'refund');
    const { report } = await performance.ending();
    expect(report).toMatchObject({ saga: 'reason', cause: { reason: 'changed my mind' } });
    expect(play.undone).toEqual(['undo a value-a']);
  });
});

test('The reason can be read on an object while it rolls back, and afterwards', async () => {
  const play = new Play();
  const performance = await theatre.startOnObject<ObjectContext>(play, 'why', gatedSaga(play, asleep));
  const stored = async () =>
    (await theatre.app.state('ObjectStage', 'why'))['_rea.saga.reason'] as SagaReport | undefined;
  await play.effects.seen('ready');
  await cancel(performance, 'out of stock');
  await play.effects.seen('refund begins');
  await expect
    .poll(stored)
    .toMatchObject({ status: 'rolling-back', cause: { kind: 'cancelled', reason: 'out of stock' } });
  await theatre.letEnd(play, 'refund');
  const { report } = await performance.ending();
  expect(report!.cause!.reason).toBe('out of stock');
  expect(await stored()).toEqual(report);
});
