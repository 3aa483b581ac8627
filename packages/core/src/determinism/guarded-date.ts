import { observe } from './observe.js';

/**
 * A `Date` that reports reading the clock and is `Date` otherwise: the same prototype, so `instanceof` holds in both
 * directions and for dates made before; subclasses, `parse` and `UTC` work; `new Date(value)` reads no clock.
 */
export function guardedDate(Native: DateConstructor): DateConstructor {
  const Guarded = function Date(...args: unknown[]): unknown {
    if (!new.target) {
      observe('Date()', Guarded);
      return Native();
    }
    if (args.length === 0) observe('new Date()', Guarded);
    return Reflect.construct(Native, args, new.target);
  };
  Object.defineProperties(Guarded, Object.getOwnPropertyDescriptors(Native));
  return Guarded as unknown as DateConstructor;
}
