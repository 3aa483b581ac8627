/** What a test wants to happen inside a handler: given the context and the component that plays it. */
export type Scene<C, Self, R = unknown> = (ctx: C, self: Self) => Promise<R>;

/**
 * Lets a test write the body of a handler at the place of its assertions: it {@link add}s a scene and calls a handler
 * with the scene's name, and the handler {@link play}s it, in each attempt anew.
 */
export class Scenes<C, Self> {
  private readonly scenes = new Map<string, Scene<C, Self>>();

  add(scene: Scene<C, Self>): string {
    const name = `scene-${this.scenes.size + 1}`;
    this.scenes.set(name, scene);
    return name;
  }

  play(name: string, ctx: C, self: Self): Promise<unknown> {
    return this.scenes.get(name)!(ctx, self);
  }
}
