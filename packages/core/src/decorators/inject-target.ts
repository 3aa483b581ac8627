import { Inject } from '@nestjs/common';
import type { ClientDecorator } from '../clients/client-decorator.types.js';
import type { ClientTarget } from '../clients/client-target.js';
import type { InjectionRegistry } from '../clients/injection-registry.js';

/** Makes the decorator that injects a target's client of one sort, or of a variant of it, into a parameter or a property. */
export function injectTarget<Clients>(
  registry: InjectionRegistry,
  target: ClientTarget,
  variant?: string,
): ClientDecorator<Clients> {
  const decorate = (host: object, property: string | symbol | undefined, index?: number) => {
    const owner = typeof host === 'function' ? host : host.constructor;
    const isParameter = index !== undefined;
    const place = isParameter
      ? `the constructor of ${owner.name} (parameter ${index + 1})`
      : `${owner.name}.${String(property)}`;
    const inject = Inject(registry.register({ target, owner, place, isParameter, variant }));
    (inject as (host: object, property: string | symbol | undefined, index?: number) => void)(host, property, index);
  };
  // What it checks is in its type only.
  return decorate as ClientDecorator<Clients>;
}
