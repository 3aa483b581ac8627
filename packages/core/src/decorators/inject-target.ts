import { forwardRef, Inject } from '@nestjs/common';
import type { ClientTarget } from '../clients/client-target.js';
import type { InjectionRegistry } from '../clients/injection-registry.js';

/** Makes the decorator that injects a target's client of one sort, or of a variant of it, into a parameter or a property. */
export function injectTarget(
  registry: InjectionRegistry,
  target: ClientTarget,
  variant?: string,
): ParameterDecorator & PropertyDecorator {
  return (host: object, property: string | symbol | undefined, index?: number) => {
    const owner = typeof host === 'function' ? host : host.constructor;
    registry.register(target, owner, variant);
    // The token is looked up when Nest scans, so a thunk may name a class that is not loaded yet.
    const inject = Inject(forwardRef(() => registry.tokenOf(target, owner.name, variant)) as never);
    (inject as (host: object, property: string | symbol | undefined, index?: number) => void)(host, property, index);
  };
}
