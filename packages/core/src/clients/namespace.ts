import { BUILT_IN_PREFIX } from '../decorators/built-in.decorator.js';

/** What stands in the names of an application's components on the server, beside their own. */
export interface NameScope {
  /** Before all of them. */
  readonly namespace?: string | undefined;
  /** In those of the built-in ones. */
  readonly name?: string | false | undefined;
}

/**
 * A component's name on the server: the namespace before it, and for a built-in one the application within it:
 * `rea.DeadLetter` of the application `orders` is `rea.orders.DeadLetter`.
 */
export function qualify({ namespace, name }: NameScope, component: string): string {
  const own = name && component.startsWith(BUILT_IN_PREFIX) ? nameWithin(name, component) : component;
  return namespace === undefined ? own : `${namespace}.${own}`;
}

/** The reverse of {@link qualify}. */
export function unqualify({ namespace, name }: NameScope, service: string): string {
  const own =
    namespace !== undefined && service.startsWith(`${namespace}.`) ? service.slice(namespace.length + 1) : service;
  const prefix = `${BUILT_IN_PREFIX}${name}.`;
  return name && own.startsWith(prefix) ? `${BUILT_IN_PREFIX}${own.slice(prefix.length)}` : own;
}

function nameWithin(application: string, component: string): string {
  return `${BUILT_IN_PREFIX}${application}.${component.slice(BUILT_IN_PREFIX.length)}`;
}
