import { type Callable, observe } from './observe.js';

/** A function like `original` that reports its use first. It keeps the name and what hangs on the function. */
export function watch(original: Callable, name: string): Callable {
  const watched = function (this: unknown, ...args: never[]): unknown {
    observe(name, watched);
    return Reflect.apply(original, this, args);
  };
  const { prototype: _, ...properties }: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(original);
  Object.defineProperties(watched, properties);
  return watched;
}
