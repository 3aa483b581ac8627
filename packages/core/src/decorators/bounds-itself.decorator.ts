import 'reflect-metadata';
import type { Class } from './component-declaration.js';

const BOUNDS_ITSELF = Symbol.for('@rea/core.bounds-itself');

/** Marks a component of Rea's own that bounds its values itself, so that the module's limits do not apply to it. */
export function BoundsItself(): ClassDecorator {
  return (target) => Reflect.defineMetadata(BOUNDS_ITSELF, true, target);
}

/** Whether a class is marked with {@link BoundsItself}. */
export function boundsItself(type: Class): boolean {
  return Reflect.getMetadata(BOUNDS_ITSELF, type) === true;
}
