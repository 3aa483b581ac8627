import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { type Class, type ComponentDeclaration, componentOf } from '../decorators/component-declaration.js';

/** A provider that is a component. */
export interface ComponentProvider {
  readonly type: Class;
  readonly declaration: ComponentDeclaration;
  /** Whether another object stands in for an instance of the class, as `overrideProvider(Payments).useValue(stub)` has it. */
  readonly isStandIn: boolean;
}

/** The component that a provider is: by the class of its instance, else by the class that it is provided as. */
export function componentAt(provider: InstanceWrapper): ComponentProvider | undefined {
  if (provider.isAlias) return undefined;
  const type = classOf(provider);
  const declaration = type && componentOf(type);
  if (declaration) return { type, declaration, isStandIn: false };
  const token: unknown = provider.token;
  const isMade = !provider.isDependencyTreeStatic() || (provider.instance ?? undefined) !== undefined;
  const replaced = typeof token === 'function' && isMade ? componentOf(token as Class) : undefined;
  return replaced && { type: token as Class, declaration: replaced, isStandIn: true };
}

/** The class of a provider's instance. */
export function classOf(provider: InstanceWrapper): Class | undefined {
  if (!provider.isNotMetatype)
    return typeof provider.metatype === 'function' ? (provider.metatype as Class) : undefined;
  const instance: unknown = provider.instance;
  return typeof instance === 'object' && instance !== null ? (instance.constructor as Class) : undefined;
}
