import type { ExistingProvider, FactoryProvider } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { type Class, componentOf, type Contract } from '../decorators/component-declaration.js';
import {
  type ClientTarget,
  isThunk,
  resolvedTarget,
  resolveTarget,
  targetModel,
  type TargetModel,
} from './client-target.js';
import { type InjectingClasses, injectingClasses, type InjectionPoint, isInjected } from './injection-point.js';

const registries = new Set<InjectionRegistry>();

/** A client that a class of an application injects. */
export interface InjectedClient {
  readonly target: TargetModel;
  /** Where, for messages. */
  readonly place: string;
  readonly isContract: boolean;
}

/** What is injected: a client, or another name for one. */
type ClientProvider = (FactoryProvider | ExistingProvider) & { readonly provide: symbol };

/** Adds clients that lazily loaded files inject to a module that has been scanned. */
type Watcher = (point: InjectionPoint) => void;

/**
 * Remembers the injection points of one sort of client, and makes the providers for them. Decorators fill it while files
 * load, before any module is scanned; it is shared by all applications of the process.
 *
 * A class is injected by the token of its client. A thunk has a token of its own, an alias of the client's that is looked
 * up when Nest scans: Nest's `forwardRef` would make Nest construct the class twice and copy its properties, which loses
 * `#private` members.
 */
export class InjectionRegistry {
  private readonly tokens = new WeakMap<object, Map<string | undefined, symbol>>();
  /** By which the clients of this registry are told from those that a test has put in their place. */
  private readonly factories = new WeakSet<object>();
  private readonly points: InjectionPoint[] = [];
  private readonly watchers = new Set<Watcher>();

  constructor(
    private readonly label: string,
    private readonly create: (target: TargetModel, variant: string | undefined, ...dependencies: never[]) => unknown,
    private readonly inject: FactoryProvider['inject'] = [],
    /** Whether a client goes to the application's own server and namespace. */
    private readonly staysHere: (modules: ModulesContainer, variant: string | undefined) => boolean = () => true,
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
    return this.tokenFor(resolved, resolved.name, variant);
  }

  /** Remembers an injection point. Returns the token to inject there. */
  register(point: Omit<InjectionPoint, 'token'>): symbol {
    const { target, variant } = point;
    const token = this.tokenAt(target, variant);
    const registered = { ...point, token };
    this.points.push(registered);
    for (const watch of this.watchers) watch(registered);
    return token;
  }

  /**
   * Adds clients to a module that has been scanned: lazily loaded files bring injection points after the scan.
   * Returns the function that ends it.
   */
  provideLater(modules: ModulesContainer, type: unknown): () => void {
    const module = [...modules.values()].find(({ metatype }) => metatype === type);
    const add: Watcher = (point) => {
      if (!module || module.hasProvider(point.token)) return;
      const existing = (target: Class | Contract): unknown =>
        module.providers.get(this.tokenOf(target, undefined, point.variant))?.instance;
      module.addProvider(this.lateProvider(point, existing));
      module.addExportedProviderOrModule(point.token);
    };
    this.watchers.add(add);
    return () => this.watchers.delete(add);
  }

  /** The providers of all clients that are injected anywhere so far. */
  providers(): ClientProvider[] {
    const providers = this.points.flatMap((point): ClientProvider[] => {
      const target = targetNow(point.target);
      if (target === undefined) return [{ provide: point.token, useFactory: () => null }];
      const client = this.clientProvider(target, point.variant);
      return client.provide === point.token
        ? [client]
        : [client, { provide: point.token, useExisting: client.provide }];
    });
    return [...new Map(providers.map((provider) => [provider.provide, provider])).values()];
  }

  /** @throws ClientTargetError when one of the classes injects a client of something that is not a component */
  check(classes: InjectingClasses): void {
    for (const { target, owner } of this.pointsOf(classes)) targetModel(target, owner.name);
  }

  /** The variants that classes inject, and which class does. */
  variantsOf(classes: InjectingClasses): ReadonlyMap<string, Function> {
    const variants = this.pointsOf(classes).flatMap(({ variant, owner }): [string, Function][] =>
      variant === undefined ? [] : [[variant, owner]],
    );
    return new Map(variants);
  }

  /** The clients that an application injects and has not replaced, of its own server and namespace. */
  injectedIn(modules: ModulesContainer): InjectedClient[] {
    return this.pointsOf(injectingClasses(modules)).flatMap(({ target, place, variant }) => {
      const resolved = targetNow(target);
      if (!resolved || !isUsable(resolved) || !this.staysHere(modules, variant)) return [];
      if (this.isReplaced(modules, this.tokenOf(resolved, undefined, variant))) return [];
      return [{ target: targetModel(resolved), place, isContract: '_kind' in resolved }];
    });
  }

  private isReplaced(modules: ModulesContainer, token: symbol): boolean {
    return [...modules.values()].some((module) => {
      const provider = module.providers.get(token);
      return provider !== undefined && !this.factories.has(provider.metatype ?? provider);
    });
  }

  private pointsOf(classes: InjectingClasses): InjectionPoint[] {
    return this.points.filter((point) => isInjected(point, classes));
  }

  private tokenAt(target: ClientTarget, variant: string | undefined): symbol {
    // Refused by `check`, in the application that has it: the file may be loaded for another one.
    if (target === undefined) return Symbol(`${this.label}(undefined)`);
    return isThunk(target) ? this.tokenFor(target, String(target), variant) : this.tokenOf(target, undefined, variant);
  }

  private tokenFor(key: object, name: string, variant: string | undefined): symbol {
    const tokens = this.tokens.get(key) ?? new Map<string | undefined, symbol>();
    this.tokens.set(key, tokens);
    let token = tokens.get(variant);
    if (!token) {
      token = Symbol(`${this.label}(${variant === undefined ? name : `${name}, ${variant}`})`);
      tokens.set(variant, token);
    }
    return token;
  }

  private clientProvider(target: Class | Contract, variant: string | undefined) {
    const usable = isUsable(target);
    const useFactory = (...dependencies: never[]) =>
      usable ? this.create(targetModel(target), variant, ...dependencies) : null;
    this.factories.add(useFactory);
    return {
      provide: this.tokenOf(target, undefined, variant),
      inject: usable ? (this.inject ?? []) : [],
      useFactory,
    };
  }

  /** As {@link clientProvider}, for a file that is being loaded: what a thunk names may not be there yet. */
  private lateProvider(
    { target, variant, token }: InjectionPoint,
    existing: (target: Class | Contract) => unknown,
  ): ClientProvider {
    return {
      provide: token,
      inject: this.inject ?? [],
      useFactory: (...dependencies: never[]) => {
        const resolved = targetNow(target);
        if (resolved === undefined || !isUsable(resolved)) return null;
        return existing(resolved) ?? this.create(targetModel(resolved), variant, ...dependencies);
      },
    };
  }
}

/** A wrong target gives no client: it is refused by {@link InjectionRegistry.check}, in the application that has it. */
function isUsable(target: Class | Contract): boolean {
  return '_kind' in target || componentOf(target) !== undefined;
}

/** The target; undefined while the file that a thunk names is being loaded, perhaps for another application. */
function targetNow(target: ClientTarget): Class | Contract | undefined {
  try {
    return resolveTarget(target);
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

/** Checks the injection points of all sorts of clients. @throws ClientTargetError as {@link InjectionRegistry.check} */
export function checkInjections(classes: InjectingClasses): void {
  for (const registry of registries) registry.check(classes);
}

/** The clients of all sorts that an application injects, as {@link InjectionRegistry.injectedIn}. */
export function injectedClients(modules: ModulesContainer): InjectedClient[] {
  return [...registries].flatMap((registry) => registry.injectedIn(modules));
}
