import { Injectable } from '@nestjs/common';
import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import { Handler, InjectClient, type ObjectClient, run, Service, state, stateKey, VirtualObject } from '@rea/core';
import type { RunningScenario } from './scenario.js';

/** Stands for a store of large objects. */
@Injectable()
export class PhotoStore {
  private readonly photos = new Map<string, string>();

  async put(name: string, photo: string): Promise<string> {
    this.photos.set(name, photo);
    return name;
  }
}

@VirtualObject()
export class Album {
  static readonly cover = stateKey<string>('cover');

  constructor(private readonly store: PhotoStore) {}

  // #region bad
  @Handler()
  async keepPhoto(ctx: ObjectContext): Promise<void> {
    state(ctx, Album.cover).set(takePhoto()); // 1.2 MB, loaded again by each invocation
  }
  // #endregion bad

  // #region good
  @Handler()
  async keepReference(ctx: ObjectContext): Promise<void> {
    const name = await run(ctx, 'store', ({ idempotencyKey }) => this.store.put(idempotencyKey, takePhoto()));
    state(ctx, Album.cover).set(name);
  }
  // #endregion good

  @Handler()
  async print(_ctx: ObjectContext, photo: string): Promise<number> {
    return photo.length;
  }
}

@Service()
export class Camera {
  constructor(@InjectClient(Album) private readonly albums: ObjectClient<Album>) {}

  @Handler()
  async shoot(_ctx: Context): Promise<string> {
    return takePhoto();
  }

  @Handler()
  async shootAndPrint(_ctx: Context, album: string): Promise<number> {
    return this.albums.of(album).call.print(takePhoto());
  }
}

function takePhoto(): string {
  return 'p'.repeat(1_200_000);
}

export const scenario: RunningScenario = {
  providers: [PhotoStore, Album, Camera],
  bad: [
    {
      form: 'state',
      provoke: (app, key) => app.ingress.object(Album).of(key).call.keepPhoto(undefined, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'each invocation of the object loads it; above 32 MiB none gets through' },
    },
    {
      form: 'an output',
      provoke: (app) => app.ingress.service(Camera).call.shoot(undefined, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'above 32 MiB the invocation is retried for ever' },
    },
    {
      form: 'an input',
      provoke: (app, key) => app.ingress.service(Camera).call.shootAndPrint(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'above 32 MiB the invocation is retried for ever' },
    },
  ],
  good: [(app, key) => app.ingress.object(Album).of(key).call.keepReference(undefined, { idempotencyKey: false })],
};
