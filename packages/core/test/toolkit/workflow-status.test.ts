import { promise, promiseKey, run, type WorkflowStatus, workflowStatus } from '@rea/core';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failOnce, FlowStage, Silent, Theatre, told } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

const go = promiseKey<string>('go');

const NEW: WorkflowStatus = {
  phase: 'new',
  progress: 0,
  completedSteps: [],
  metadata: {},
  updatedAt: '',
  isComplete: false,
};
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** The status as a controller and as another handler reads it: they have to agree. */
async function statusOf(id: string): Promise<WorkflowStatus> {
  const seen = await theatre.app.ingress.workflow(FlowStage).of(id).status();
  expect(await theatre.play((_ctx, { flows }) => flows.of(id).status())).toEqual(seen);
  return seen;
}

describe("A workflow's status", () => {
  test('says "new" before the workflow has started, and starts nothing', async () => {
    expect(await statusOf('never-started')).toEqual(NEW);
    await expect(theatre.app.ingress.workflow(FlowStage).of('never-started').attach()).rejects.toMatchObject({
      status: 404,
    });
  });

  test('tells how far the workflow has come, while it runs and when it has ended', async () => {
    const packing = Promise.withResolvers<void>();
    const { id, flow, result } = await theatre.start(async (ctx) => {
      const status = workflowStatus(ctx);
      await status.set({ phase: 'paying', progress: 0.25, currentStep: 'charge', metadata: { amount: 20 } });
      await status.set({
        phase: 'packing',
        progress: 0.5,
        currentStep: 'pack',
        completed: 'charge',
        metadata: { shelf: 7 },
      });
      packing.resolve();
      await promise(ctx, go).get();
      return status.set({ phase: 'done', progress: 1, completed: ['pack', 'ship'], isComplete: true });
    });
    await packing.promise;
    await expect
      .poll(() => statusOf(id))
      .toEqual({
        phase: 'packing',
        progress: 0.5,
        currentStep: 'pack',
        completedSteps: ['charge'],
        metadata: { amount: 20, shelf: 7 },
        updatedAt: expect.stringMatching(ISO),
        isComplete: false,
      });
    await theatre.tell(flow, (ctx) => promise(ctx, go).resolve('go'));
    const last = await result;
    expect(last).toMatchObject({
      phase: 'done',
      progress: 1,
      completedSteps: ['charge', 'pack', 'ship'],
      metadata: { amount: 20, shelf: 7 },
      isComplete: true,
    });
    expect(await statusOf(id)).toEqual(last);
  });

  test('stays readable when the workflow has failed, with the error that it noted', async () => {
    const { id, result } = await theatre.start(async (ctx) => {
      await workflowStatus(ctx).set({ phase: 'refused', isComplete: true, error: 'out of stock' });
      throw new TerminalError('out of stock', { errorCode: 410 });
    });
    await expect(result).rejects.toMatchObject({ status: 410 });
    expect(await statusOf(id)).toMatchObject({ phase: 'refused', isComplete: true, error: 'out of stock' });
  });

  test.each([
    [1.5, 1],
    [-0.5, 0],
    [0, 0],
    [1, 1],
    [0.3, 0.3],
    [Infinity, 1],
    [3 / 0, 1],
    [0 / 0, 0],
  ])('has a progress of %d as %d: from 0 to 1', async (progress, kept) => {
    const { id, result } = await theatre.start((ctx) => workflowStatus(ctx).set({ progress }));
    expect((await result).progress).toBe(kept);
    expect((await statusOf(id)).progress).toBe(kept);
  });

  test('is told once, although the handler fails after it and is tried again', async () => {
    const fail = failOnce();
    const seen: WorkflowStatus[] = [];
    let effects = 0;
    const { id, result } = await theatre.start(async (ctx) => {
      seen.push(await workflowStatus(ctx).set({ phase: 'paying', completed: 'charge', metadata: { a: 1 } }));
      await run(ctx, 'charge', () => void (effects += 1));
      fail();
      await workflowStatus(ctx).set({ completed: 'pack', metadata: { b: 2 } });
    });
    await result;
    expect(seen.length).toBeGreaterThan(1);
    for (const each of seen) expect(each).toEqual(seen[0]);
    expect(effects).toBe(1);
    expect(await statusOf(id)).toMatchObject({ completedSteps: ['charge', 'pack'], metadata: { a: 1, b: 2 } });
  });

  test('is refused, with the cure, of a workflow that keeps none', async () => {
    const refused = 'REA3005: Silent keeps no status. Declare it: @Workflow({ status: true }).';
    await expect(theatre.app.ingress.workflow(Silent).of('x').status()).rejects.toMatchObject({
      status: 404,
      response: { code: 'REA3005', message: refused },
    });
    expect(
      await theatre.play(async (_ctx, { silent }) => {
        try {
          return await silent.of('x').status();
        } catch (error) {
          return told(error);
        }
      }),
    ).toEqual({ terminal: true, code: 404, rea: 'REA3005', message: refused });
  });
});
