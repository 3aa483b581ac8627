import { Injectable } from '@nestjs/common';
import type { ObjectContext } from '@restatedev/restate-sdk';
import { Handler, state, stateKey, VirtualObject } from '@rea/core';
import { type IngressObjectClient, InjectIngress } from '@rea/ingress';
import type { RunningScenario } from './scenario.js';

@VirtualObject()
export class Likes {
  static readonly count = stateKey<number>('count', { default: () => 0 });

  @Handler()
  async add(ctx: ObjectContext, by: number): Promise<number> {
    return state(ctx, Likes.count).update((count) => count + by);
  }
}

@Injectable()
export class LikeButton {
  constructor(@InjectIngress(Likes) private readonly likes: IngressObjectClient<Likes>) {}

  // #region bad
  likeTwicePerhaps(post: string): Promise<number> {
    return this.likes.of(post).call.add(1); // the browser repeats the request: counted twice
  }
  // #endregion bad

  // #region good
  like(post: string, requestId: string): Promise<number> {
    return this.likes.of(post).call.add(1, { idempotencyKey: requestId });
  }
  // #endregion good
}

export const scenario: RunningScenario = {
  providers: [Likes, LikeButton],
  bad: [
    {
      form: 'a call',
      provoke: (app, key) => app.get(LikeButton).likeTwicePerhaps(key),
      unguarded: { outcome: 'answers', harm: 'a repeated request runs the handler again' },
    },
    {
      form: 'a message',
      provoke: (app, key) => app.ingress.object(Likes).of(key).send.add(1),
      unguarded: { outcome: 'answers', harm: 'a repeated request is a second message' },
    },
  ],
  good: [(app, key) => app.get(LikeButton).like(key, `like/${key}`)],
};
