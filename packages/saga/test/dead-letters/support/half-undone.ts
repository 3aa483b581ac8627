import { Injectable } from '@nestjs/common';
import { Handler, run, Service } from '@rea/core';
import {
  Compensation,
  compensateWith,
  compensationKey,
  type CompensationRun,
  DeadLetters,
  type Saga,
  SagaModule,
  sagaReportOf,
  type SagaReport,
  Sagas,
  type Step,
} from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { eventually } from '../../../../core/test/support/eventually.js';

/** What a scene's steps have left in the world, and which of its compensations fail. */
export class World {
  static readonly all = new Map<string, World>();
  /** Names of steps that are undone, in the order in which that happened. */
  readonly undone: string[] = [];
  readonly runs: CompensationRun[] = [];
  /** Tells when the compensation of a held step has begun, and lets it go on. */
  readonly begun = Promise.withResolvers<void>();
  readonly gate = Promise.withResolvers<void>();
  held: string | undefined;

  constructor(
    readonly name: string,
    readonly scene: Scene,
    readonly broken: Set<string>,
  ) {
    World.all.set(name, this);
  }

  /** A step that a named compensation undoes. */
  step(ctx: Context, name: string, compensation = 'undo'): Step<number> {
    return {
      compensate: () => compensateWith(compensation, { world: this.name, name }),
      action: () => run(ctx, name, () => 1),
    };
  }

  /** A step whose compensation is written inline. */
  inline(ctx: Context, name: string): Step<number> {
    return {
      compensate: () => async (context) => {
        await run(context, 'undo', () => this.undo(name));
      },
      action: () => run(ctx, name, () => 1),
    };
  }

  undo(name: string): void {
    if (this.broken.has(name)) throw new TerminalError(`cannot undo ${name}`, { errorCode: 503 });
    this.undone.push(name);
  }
}

export type Scene = (ctx: Context, saga: Saga, world: World) => Promise<unknown>;

const Undoing = z.object({ world: z.string(), name: z.string(), large: z.string().optional() });
const undo = compensationKey<z.infer<typeof Undoing>>('undo', { schema: Undoing });

@Injectable()
class Undoer {
  @Compensation(undo)
  async undo(ctx: Context, { world: name, name: step }: z.infer<typeof Undoing>, info: CompensationRun): Promise<void> {
    const world = World.all.get(name)!;
    if (world.held === step) {
      world.begun.resolve();
      await run(ctx, 'gate', () => world.gate.promise);
    }
    await run(ctx, 'undo', () => {
      world.runs.push(info);
      world.undo(step);
    });
  }
}

@Service()
class Shop {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async buy(ctx: Context, name: string): Promise<unknown> {
    const world = World.all.get(name)!;
    return this.sagas.run(ctx, 'buy', (saga) => world.scene(ctx, saga, world));
  }
}

let count = 0;

/** An application whose sagas end half undone. */
export class HalfUndone {
  private constructor(readonly app: ReaTestApp) {}

  static async start(): Promise<HalfUndone> {
    const app = await createTestApp({
      imports: [SagaModule.forRoot({ retry: { maxAttempts: 2, initialInterval: 10 }, supervisor: false })],
      providers: [Shop, Undoer],
      rea: { policy: { rules: { 'saga-unregistered': 'disabled' } } },
    });
    return new HalfUndone(app);
  }

  get letters(): DeadLetters {
    return this.app.get(DeadLetters);
  }

  /** Plays a scene to its end, with compensations that fail. @returns the ids of its dead letters by step, once they are stored */
  async play(
    scene: Scene,
    ...broken: readonly string[]
  ): Promise<{ readonly world: World; readonly ids: Record<string, string>; readonly report: SagaReport | undefined }> {
    const world = this.world(scene, ...broken);
    const ended = this.app.ingress.service(Shop).call.buy(world.name, { idempotencyKey: world.name });
    const report = await ended.then(
      () => undefined,
      (error: unknown) => sagaReportOf(error),
    );
    return { world, report, ids: await this.stored(report) };
  }

  /** A scene's world, before it is played. */
  world(scene: Scene, ...broken: readonly string[]): World {
    return new World(`world-${(count += 1)}`, scene, new Set(broken));
  }

  /** Starts a scene. @returns its invocation id */
  async begin(world: World): Promise<string> {
    const { invocationId } = await this.app.ingress.service(Shop).send.buy(world.name, { idempotencyKey: world.name });
    return invocationId;
  }

  async stored(report: SagaReport | undefined): Promise<Record<string, string>> {
    const letters = report?.deadLettered ?? [];
    for (const { id } of letters) await eventually(() => this.letters.get(id));
    return Object.fromEntries(letters.map(({ step, id }) => [step, id]));
  }

  /** The names that are left, once what the saga has added is there. */
  async leftOf(id: string, ...names: readonly string[]): Promise<void> {
    await eventually(async () => {
      const left = (await this.letters.get(id)).notUndone.map(({ step }) => step);
      if (left.join() !== names.join()) throw new Error(`Left are ${left.join() || 'none'}, not ${names.join()}.`);
    });
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

/** How a scene ends whose steps are to be undone. */
export function refused(): never {
  throw new TerminalError('refused', { errorCode: 422 });
}
