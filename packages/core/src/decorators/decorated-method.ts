import { DiscoveryError } from '../discovery/discovery.error.js';

const GENERATORS: readonly string[] = ['[object GeneratorFunction]', '[object AsyncGeneratorFunction]'];

/**
 * Refuses a method decorator on anything but a method: it would be ignored, or fail when it is called.
 *
 * @param decorator for the message: `@Handler`
 * @throws DiscoveryError `REA1090`, naming what the decorator stands on and the cure
 */
export function checkDecoratedMethod(decorator: string, target: object, property: unknown, descriptor: unknown): void {
  if (typeof property === 'object' && property !== null && 'kind' in property) {
    throw new DiscoveryError(
      'REA1090',
      `${decorator} was called as a standard (TC39) decorator, which Nest does not support.`,
      'Set "experimentalDecorators" and "emitDecoratorMetadata" in tsconfig.json, and the same in the bundler or test runner.',
    );
  }
  const owner = typeof target === 'function' ? target : target.constructor;
  const where = `${owner.name}.${String(property)}`;
  const problem =
    typeof target === 'function'
      ? 'a static member, which instances do not have'
      : problemOf(property, descriptor as PropertyDescriptor | undefined);
  if (problem === undefined) return;
  throw new DiscoveryError(
    'REA1090',
    `${where} is decorated with ${decorator}, but is ${problem}.`,
    `Make it an ordinary method: async ${nameOf(property)}(...) { ... }.`,
  );
}

function problemOf(property: unknown, descriptor: PropertyDescriptor | undefined): string | undefined {
  if (typeof property === 'symbol') return 'named by a symbol, which has no name on the wire';
  if (descriptor?.get || descriptor?.set) return 'an accessor';
  if (typeof descriptor?.value !== 'function') {
    return 'a property (an arrow function, for example) or has no body, so the class has no method of that name';
  }
  return generatorProblem(descriptor.value as object);
}

/** Why a function that is a generator cannot be a handler. */
function generatorProblem(method: object): string | undefined {
  const isGenerator = GENERATORS.includes(Object.prototype.toString.call(method));
  return isGenerator ? 'a generator, whose iterator has no JSON form' : undefined;
}

function nameOf(property: unknown): string {
  return typeof property === 'symbol' ? (property.description ?? 'handler') : String(property);
}

/** The descriptor of a method, of the class itself or of the nearest base class that has it. */
export function descriptorOf(prototype: object, name: string): PropertyDescriptor | undefined {
  for (let proto: object | null = prototype; proto; proto = Object.getPrototypeOf(proto)) {
    const descriptor = Object.getOwnPropertyDescriptor(proto, name);
    if (descriptor) return descriptor;
  }
  return undefined;
}
