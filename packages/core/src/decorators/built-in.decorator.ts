import 'reflect-metadata';
import type { Class } from './component-declaration.js';
import type { ComponentOverrides } from './component.options.js';

const BUILT_IN = Symbol.for('@rea/core.built-in');

/** Before the dot of every built-in component's name; no component of an application has it. */
export const BUILT_IN_PREFIX = 'rea.';

/** A method of a {@link BuiltIn} component: its options that its module's own options decide. */
export const BUILT_IN_OVERRIDES = Symbol.for('@rea/core.built-in-overrides');

/** What is particular to a built-in component. */
export interface BuiltInOptions {
  /** Its handlers run methods of the application, to which the application's guardrails and limits apply. */
  readonly runsUserCode?: boolean;
}

/**
 * Marks a component of Rea's own, named `rea.<Name>`. On the server its name carries the application's. No enhancer of
 * the application runs for it, and neither the module's `defaults` nor its `components` nor its guardrails reach it: what
 * can be changed about it is an option of the module that brings it, through {@link BUILT_IN_OVERRIDES}.
 */
export function BuiltIn(options: BuiltInOptions = {}): ClassDecorator {
  return (target) => Reflect.defineMetadata(BUILT_IN, options, target);
}

/** What a class is marked with; undefined for a component of the application's. */
export function builtInOptions(type: Class): BuiltInOptions | undefined {
  return Reflect.getMetadata(BUILT_IN, type) as BuiltInOptions | undefined;
}

/** Options of a built-in component that its module's options decide. */
export function builtInOverrides(instance: unknown): ComponentOverrides {
  const overrides: unknown = (instance as { readonly [BUILT_IN_OVERRIDES]?: unknown } | null)?.[BUILT_IN_OVERRIDES];
  return typeof overrides === 'function' ? (overrides.call(instance) as ComponentOverrides) : {};
}
