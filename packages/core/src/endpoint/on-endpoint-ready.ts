import type { ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';

/**
 * Implemented by providers, controllers and modules that call the application's own components when it starts: in
 * `onModuleInit` and `onApplicationBootstrap` the endpoint is still closed.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class Seeder implements OnEndpointReady {
 *   constructor(@InjectIngress(Catalog) private readonly catalog: IngressServiceClient<Catalog>) {}
 *
 *   async onEndpointReady(): Promise<void> {
 *     await this.catalog.call.seed(undefined, { idempotencyKey: 'seed' });
 *   }
 * }
 * ```
 */
export interface OnEndpointReady {
  /**
   * Called once, when the endpoint is open, registered, and its components can be called: at the end of the bootstrap,
   * before the HTTP server listens; with a mounted endpoint after it listens. Where this application registers nothing
   * (`endpoint: false`, `registration: false`, a manual endpoint without `advertisedUrl`) it is called at that same
   * point, without knowing whether the server can reach the components.
   *
   * The order is that of Nest's hooks: imported modules first, the members of a module before the module. Request-scoped
   * providers have no hooks. An error fails the bootstrap, and the endpoint closes; with a mounted endpoint, whose
   * bootstrap has ended, it is an unhandled rejection, which ends the process.
   */
  onEndpointReady(): unknown;
}

/** Calls the hook of all instances that have it, each once. */
export async function callOnEndpointReady(modules: ModulesContainer): Promise<void> {
  const called = new Set<unknown>();
  for (const module of [...modules.values()].toSorted((a, b) => b.distance - a.distance)) {
    const { controllers, injectables, middlewares, providers, metatype } = module;
    const members = [controllers, injectables, middlewares, providers].flatMap((collection) =>
      [...collection.values()].filter(({ isAlias, token }) => !isAlias && token !== metatype),
    );
    const levels = Map.groupBy(members, ({ hierarchyLevel }) => hierarchyLevel);
    for (const level of [...levels.keys()].toSorted((a, b) => a - b)) await call(levels.get(level)!, called);
    await call(
      [...providers.values()].filter(({ token }) => token === metatype),
      called,
    );
  }
}

async function call(wrappers: readonly InstanceWrapper[], called: Set<unknown>): Promise<void> {
  const listeners = wrappers.flatMap(instancesOf).filter((instance) => {
    if (called.has(instance) || !hasHook(instance)) return false;
    called.add(instance);
    return true;
  }) as OnEndpointReady[];
  await Promise.all(listeners.map(async (listener) => listener.onEndpointReady()));
}

function instancesOf(wrapper: InstanceWrapper): unknown[] {
  if (!wrapper.isDependencyTreeStatic()) return [];
  if (!wrapper.isTransient) return [wrapper.instance];
  return wrapper.getStaticTransientInstances().map((host) => host?.instance);
}

function hasHook(instance: unknown): instance is OnEndpointReady {
  return (
    typeof instance === 'object' &&
    instance !== null &&
    typeof (instance as Partial<OnEndpointReady>).onEndpointReady === 'function'
  );
}
