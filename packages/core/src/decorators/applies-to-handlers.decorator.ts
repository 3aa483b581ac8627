import 'reflect-metadata';

const APPLIES = Symbol.for('@rea/core.applies-to-handlers');

/**
 * Opts a global guard, interceptor, pipe or filter (`APP_GUARD`, `useGlobalPipes` and so on) in to run for durable
 * handlers too. Without it, global enhancers see HTTP requests only: a handler has no HTTP request they could read.
 */
export function AppliesToHandlers(): ClassDecorator {
  return (target) => Reflect.defineMetadata(APPLIES, true, target);
}

/** Whether an enhancer, given as instance or class, has opted in. */
export function appliesToHandlers(enhancer: unknown): boolean {
  const type = typeof enhancer === 'function' ? enhancer : (enhancer as object | null)?.constructor;
  return type !== undefined && Reflect.hasMetadata(APPLIES, type);
}
