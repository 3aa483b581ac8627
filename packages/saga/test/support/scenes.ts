import type { ObjectClient, ServiceClient, WorkflowClient } from '@rea/core';
import type { Sagas } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import type { Callees, FlowStage, Ledger, Stage } from './components.js';
import type { Play } from './play.js';

/** What a test wants to happen inside a handler. */
export type Scene<C extends Context = Context> = (ctx: C, on: OnStage) => Promise<unknown>;

/** What a scene works with. */
export interface OnStage {
  readonly sagas: Sagas;
  readonly callees: ServiceClient<Callees>;
  readonly ledgers: ObjectClient<Ledger>;
  readonly flows: WorkflowClient<FlowStage>;
  readonly stage: ServiceClient<Stage>;
}

const scenes = new Map<string, { readonly scene: Scene<never>; readonly play: Play }>();
const plays = new Map<string, Play>();

/** Takes a scene in; handlers find it by the name that this gives. */
export function addScene<C extends Context>(scene: Scene<C>, play: Play): string {
  const name = `scene-${scenes.size + 1}`;
  scenes.set(name, { scene, play });
  return name;
}

/** Plays a scene in a handler, in each attempt anew. */
export function perform(ctx: Context, name: string, on: OnStage): Promise<unknown> {
  const { scene, play } = scenes.get(name)!;
  plays.set(ctx.request().id, play);
  return (scene as Scene)(ctx, on);
}

/** The play that an invocation belongs to. */
export function playOf(ctx: Context): Play {
  return plays.get(ctx.request().id)!;
}

/** The play of a callee, by the key that its caller has passed. */
const byCallee = new Map<string, Play>();

export function inviteCallees(play: Play): string {
  const guest = `guest-${byCallee.size + 1}`;
  byCallee.set(guest, play);
  return guest;
}

export function hostOf(guest: string): Play {
  return byCallee.get(guest)!;
}
