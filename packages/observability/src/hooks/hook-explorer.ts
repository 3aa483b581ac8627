import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { ReaEvent } from '@rea/core';
import { ObservabilityError } from '../observability.errors.js';
import { type HookDeclaration, hooksOf } from './on-rea-event.decorator.js';

/** A hook of the application, ready to be called. */
export interface Hook {
  /** For messages and labels: `Alerts.tell`. */
  readonly name: string;
  readonly types: readonly HookDeclaration['type'][];
  readonly call: (payload: ReaEvent['payload']) => void | Promise<void>;
}

type Method = (payload: ReaEvent['payload']) => void | Promise<void>;

/** Finds the hooks among the providers and controllers of all modules. */
@Injectable()
export class HookExplorer {
  constructor(private readonly modules: ModulesContainer) {}

  /** @throws ObservabilityError (`REA1063`) when a hook's provider has no instance that lasts */
  explore(): Hook[] {
    const hooks: Hook[] = [];
    const seen = new Set<unknown>();
    for (const { providers, controllers } of this.modules.values()) {
      for (const wrapper of [...providers.values(), ...controllers.values()]) {
        const instance = wrapper.instance as Record<string, Method> | null | undefined;
        const prototype: unknown =
          typeof instance === 'object' && instance ? Object.getPrototypeOf(instance) : wrapper.metatype?.prototype;
        if (typeof prototype !== 'object' || prototype === null || wrapper.isAlias) continue;
        const declarations = hooksOf(prototype);
        if (declarations.length === 0 || seen.has(instance ?? wrapper)) continue;
        seen.add(instance ?? wrapper);
        for (const [method, ofMethod] of Map.groupBy(declarations, (each) => each.method)) {
          const name = `${prototype.constructor.name}.${method}`;
          if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient || !instance) {
            throw new ObservabilityError(
              'REA1063',
              `${name} is a hook, but ${prototype.constructor.name} lives only for a request.`,
              'An event has no request: move the hook to a provider of default scope.',
            );
          }
          const call = (payload: ReaEvent['payload']) => instance[method]!(payload);
          hooks.push({ name, types: ofMethod.map(({ type }) => type), call });
        }
      }
    }
    return hooks;
  }
}
