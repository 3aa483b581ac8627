import type { Context } from '@restatedev/restate-sdk';
import { Handler, InjectClient, Service, type ServiceClient } from '@rea/core';
import { Spans } from '@rea/observability';
import { Sagas } from '@rea/saga';

/** What a test wants to happen inside a handler: given the context and the component that plays it. */
export type Scene = (ctx: Context, stage: Stage) => Promise<unknown>;

const scenes = new Map<string, Scene>();

/** A scene under a name, for `Stage.play`. */
export function sceneNamed(scene: Scene): string {
  const name = `scene-${scenes.size + 1}`;
  scenes.set(name, scene);
  return name;
}

@Service()
export class Echo {
  @Handler()
  async say(_ctx: Context, word: string): Promise<string> {
    return word;
  }

  /** Ends when it is cancelled. */
  @Handler()
  async wait(ctx: Context): Promise<void> {
    await ctx.sleep({ hours: 1 });
  }
}

/** Plays scenes that tests write where they assert. */
@Service({ retryPolicy: { initialInterval: 10 } })
export class Stage {
  constructor(
    readonly sagas: Sagas,
    readonly spans: Spans,
    @InjectClient(Echo) readonly echo: ServiceClient<Echo>,
  ) {}

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return scenes.get(scene)!(ctx, this);
  }

  /** Suspends at each wait. */
  @Handler({ inactivityTimeout: 0 })
  async restless(ctx: Context, scene: string): Promise<unknown> {
    return scenes.get(scene)!(ctx, this);
  }
}
