import type { FactoryProvider } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { type Class, componentOf } from '../decorators/component-declaration.js';
import { type ClientTarget, resolvedTarget, resolveTarget, targetModel, type TargetModel } from './client-target.js';

/** One injection point, as written: what for, and in which class. */
interface Injection {
  readonly target: ClientTarget;
  /** The class that has the injection point. */
  readonly owner: unknown;
  /** Tells several clients of one target apart: the name of a connection. */
  readonly variant: string | undefined;
}

const registries = new Set<InjectionRegistry>();

/**
 * Remembers the injection points of one sort of client, and makes the providers for them. Decorators fill it while files
 * load, before any module is scanned; it is shared by all applications of the process.
 */
export class InjectionRegistry {
  private readonly tokens = new WeakMap<object, Map<string | undefined, symbol>>();
  private readonly injections: Injection[] = [];
  private readonly watchers = new Set<(provider: FactoryProvider) => void>();

  constructor(
    private readonly label: string,
    private readonly create: (target: TargetModel, variant: string | undefined, ...dependencies: never[]) => unknown,
    private readonly inject: FactoryProvider['inject'] = [],
  ) {
    registries.add(this);
  }

  /**
   * The injection token of a target's client.
   *
   * @param neededBy for the message: the class with the injection point
   * @throws ClientTargetError when the target is undefined
   */
  tokenOf(target: ClientTarget, neededBy?: string, variant?: string): symbol {
    const resolved = resolvedTarget(target, neededBy);
    const tokens = this.tokens.get(resolved) ?? new Map<string | undefined, symbol>();
    this.tokens.set(resolved, tokens);
    let token = tokens.get(variant);
    if (!token) {
      token = Symbol(`${this.label}(${variant === undefined ? resolved.name : `${resolved.name}, ${variant}`})`);
      tokens.set(variant, token);
    }
    return token;
  }

  register(target: ClientTarget, owner: unknown, variant?: string): void {
    const injection = { target, owner, variant };
    this.injections.push(injection);
    if (this.watchers.size === 0 || resolveTarget(target) === undefined) return;
    const provider = this.provider(injection);
    for (const watch of this.watchers) watch(provider);
  }

  /**
   * Adds clients to a module that has been scanned: lazily loaded files bring injection points after the scan.
   * Returns the function that ends it.
   */
  provideLater(modules: ModulesContainer, type: unknown): () => void {
    const module = [...modules.values()].find(({ metatype }) => metatype === type);
    const add = (provider: FactoryProvider) => {
      module?.addProvider(provider);
      module?.addExportedProviderOrModule(provider);
    };
    this.watchers.add(add);
    return () => this.watchers.delete(add);
  }

  /** The providers of all clients that are injected anywhere so far. */
  providers(): FactoryProvider[] {
    const providers = this.injections
      .filter(({ target }) => resolveTarget(target) !== undefined)
      .map((injection) => this.provider(injection));
    return [...new Map(providers.map((provider) => [provider.provide, provider])).values()];
  }

  /** @throws ClientTargetError when one of the classes injects a client of something that is no component */
  check(owners: ReadonlySet<unknown>): void {
    for (const { target, owner } of this.injections) {
      if (owners.has(owner)) targetModel(target, (owner as Class).name);
    }
  }

  /** The variants that classes inject, and which class does. */
  variantsOf(owners: ReadonlySet<unknown>): ReadonlyMap<string, Class> {
    const variants = this.injections.flatMap(({ variant, owner }): [string, Class][] =>
      variant !== undefined && owners.has(owner) ? [[variant, owner as Class]] : [],
    );
    return new Map(variants);
  }

  /** A wrong target gives no client here: it is refused by {@link check}, in the application that has it. */
  private provider({ target, variant }: Injection): FactoryProvider {
    const resolved = resolvedTarget(target);
    const usable = '_kind' in resolved || componentOf(resolved) !== undefined;
    return {
      provide: this.tokenOf(resolved, undefined, variant),
      inject: usable ? (this.inject ?? []) : [],
      useFactory: (...dependencies: never[]) =>
        usable ? this.create(targetModel(target), variant, ...dependencies) : null,
    };
  }
}

/** Checks the injection points of all sorts of clients. @throws ClientTargetError as {@link InjectionRegistry.check} */
export function checkInjections(owners: ReadonlySet<unknown>): void {
  for (const registry of registries) registry.check(owners);
}
