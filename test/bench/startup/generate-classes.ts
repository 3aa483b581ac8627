import type { Type } from '@nestjs/common';

export const HANDLERS_PER_CLASS = 10;

/** What is done to a generated class. */
export type Decoration = (type: Type<object>, methods: readonly string[]) => void;

/** Classes with ten handler methods each. */
export function generateClasses(count: number, decorate: Decoration): Type<object>[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `Generated${index}`;
    const type = {
      [name]: class {
        readonly generated = true;
      },
    }[name]!;
    const methods = Array.from({ length: HANDLERS_PER_CLASS }, (_value, method) => `handler${method}`);
    for (const method of methods) {
      const value = async (_ctx: unknown, input: string) => input;
      Object.defineProperty(type.prototype, method, { value, configurable: true, writable: true });
    }
    decorate(type, methods);
    return type;
  });
}
