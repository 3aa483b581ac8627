import { SELF_DECLARED_DEPS_METADATA, PARAMTYPES_METADATA } from '@nestjs/common/internal';
import type { ModulesContainer } from '@nestjs/core';
import type { ClientTarget } from './client-target.js';

/** One injection point, as written: what for, and where. */
export interface InjectionPoint {
  readonly target: ClientTarget;
  /** The class that has the injection point. */
  readonly owner: Function;
  /** For messages: `Checkout.payments`, `the constructor of Checkout (parameter 1)`. */
  readonly place: string;
  /** Whether it is a parameter of the constructor; otherwise a property. */
  readonly isParameter: boolean;
  /** Tells several clients of one target apart: the name of a connection. */
  readonly variant: string | undefined;
  /** What Nest injects there. */
  readonly token: symbol;
}

/** The classes of an application whose injection points count. */
export interface InjectingClasses {
  /** Those whose constructor Nest calls with injected parameters: a base class's where a class has none of its own. */
  readonly constructors: ReadonlySet<unknown>;
  /** Those whose properties are injected: base classes included. */
  readonly properties: ReadonlySet<unknown>;
}

/** The classes that Nest creates in an application. */
export function injectingClasses(modules: ModulesContainer): InjectingClasses {
  const constructors = new Set<unknown>();
  const properties = new Set<unknown>();
  for (const { providers, controllers, injectables } of modules.values()) {
    for (const { metatype } of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
      if (typeof metatype !== 'function') continue;
      const chain = [...classChain(metatype)];
      for (const type of chain) properties.add(type);
      constructors.add(chain.find(hasParameters) ?? metatype);
    }
  }
  return { constructors, properties };
}

/** Whether an injection point is one of the application. */
export function isInjected({ owner, isParameter }: InjectionPoint, classes: InjectingClasses): boolean {
  return (isParameter ? classes.constructors : classes.properties).has(owner);
}

function* classChain(type: Function): Generator<Function> {
  for (let each: unknown = type; typeof each === 'function' && each !== Function.prototype;) {
    yield each;
    each = Object.getPrototypeOf(each);
  }
}

function hasParameters(type: Function): boolean {
  return Reflect.hasOwnMetadata(PARAMTYPES_METADATA, type) || Reflect.hasOwnMetadata(SELF_DECLARED_DEPS_METADATA, type);
}
