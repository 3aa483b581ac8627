import {
  Handler,
  InjectClient,
  type ObjectClient,
  Service,
  type ServiceClient,
  state,
  stateKey,
  VirtualObject,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, type ObjectContext, TerminalError } from '@restatedev/restate-sdk';
import { eventually } from '../support/eventually.js';
import { type Scene, Scenes } from '../support/scenes.js';

@Service()
export class Worker {
  @Handler()
  async work(ctx: Context, { after, answer }: { after: number; answer: string }): Promise<string> {
    await ctx.sleep(after);
    return answer;
  }

  @Handler()
  async fail(ctx: Context, { after, message }: { after: number; message: string }): Promise<string> {
    await ctx.sleep(after);
    throw new TerminalError(message, { errorCode: 422, metadata: { who: message } });
  }
}

@VirtualObject()
export class Counter {
  static readonly count = stateKey<number>('count', { default: () => 0 });

  @Handler()
  async add(ctx: ObjectContext, by: number): Promise<number> {
    return state(ctx, Counter.count).update((count) => count + by);
  }
}

/** Plays scenes: as a service, and as an object for scenes that need state. */
@Service({ retryPolicy: { initialInterval: 20, maxInterval: 50 } })
export class Stage {
  static readonly scenes = new Scenes<Context, Stage>();

  constructor(
    @InjectClient(Worker) readonly worker: ServiceClient<Worker>,
    @InjectClient(Counter) readonly counters: ObjectClient<Counter>,
  ) {}

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }
}

@VirtualObject({ retryPolicy: { initialInterval: 20, maxInterval: 50 } })
export class ObjectStage {
  static readonly scenes = new Scenes<ObjectContext, ObjectStage>();

  constructor(@InjectClient(Worker) readonly worker: ServiceClient<Worker>) {}

  @Handler()
  async play(ctx: ObjectContext, scene: string): Promise<unknown> {
    return ObjectStage.scenes.play(scene, ctx, this);
  }
}

/** An application with the stages, and the ways in which tests use it. */
export class Theatre {
  private constructor(readonly app: ReaTestApp) {}

  static async open(): Promise<Theatre> {
    return new Theatre(await createTestApp({ providers: [Worker, Counter, Stage, ObjectStage] }));
  }

  play<R>(scene: Scene<Context, Stage, R>): Promise<R> {
    const name = Stage.scenes.add(scene);
    return this.app.ingress.service(Stage).call.play(name, { idempotencyKey: false }) as Promise<R>;
  }

  playObject<R>(scene: Scene<ObjectContext, ObjectStage, R>): Promise<R> {
    const name = ObjectStage.scenes.add(scene);
    return this.app.ingress
      .object(ObjectStage)
      .of(`key-${name}`)
      .call.play(name, { idempotencyKey: false }) as Promise<R>;
  }

  /** Plays a scene, cancels it once it has called `ready`, and gives what became of it. */
  async playAndCancel<R>(
    scene: (ctx: Context, self: Stage, ready: () => void) => Promise<R>,
  ): Promise<PromiseSettledResult<R>> {
    const ready = Promise.withResolvers<string>();
    const played = this.play((ctx, self) => scene(ctx, self, () => ready.resolve(ctx.request().id)));
    const id = await Promise.race([ready.promise, played.then(() => Promise.reject(new Error('It never got ready.')))]);
    await this.untilWaiting(id);
    await this.app.cancel(id);
    const [outcome] = await Promise.allSettled([played]);
    return outcome;
  }

  close(): Promise<void> {
    return this.app.close();
  }

  /** What has been written to the journal is all that the branches could do before they wait. */
  private async untilWaiting(id: string): Promise<void> {
    let before = -1;
    await eventually(async () => {
      const { length } = await this.app.journal(id);
      const grown = length !== before;
      before = length;
      await new Promise((resolve) => setTimeout(resolve, 60));
      if (grown || length < 2) throw new Error('still moving');
    });
  }
}
