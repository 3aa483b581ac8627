import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { REA_OPTIONS, ReaExplorer, type ReaModuleOptions } from '@rea/core';
import { type Class, componentOf, qualify } from '@rea/core/internal';
import { SAGAS, sagaHandlersOf } from '../saga-handler.decorator.js';
import { Sagas } from '../sagas.service.js';
import type { InvocationRow } from './invocation-table.js';
import type { SagaInvocation } from './saga-invocation.js';

/** A handler that has sagas, or may have. */
export interface SagaHandlerEntry {
  /** Component and handler, as the server names them and without the application's namespace. */
  readonly service: string;
  readonly component: string;
  readonly handler: string;
  /** For messages: `Checkout.place`. */
  readonly place: string;
  readonly kind: SagaInvocation['kind'];
  /** Whether a run of it keeps others of the same object waiting. */
  readonly isExclusive: boolean;
  /** Whether it is a `@SagaHandler` whose instance was not given its sagas. */
  readonly lacksSagas: boolean;
  /** Options in force, the component's below the handler's. */
  readonly options: Readonly<Record<string, unknown>> & { readonly retryPolicy: RetryPolicy };
}

/** What is used of a retry policy. */
interface RetryPolicy {
  readonly onMaxAttempts?: 'pause' | 'kill';
}

/**
 * Knows which handlers of the application have sagas: `@SagaHandler` methods, and every run, exclusive and service
 * handler of a class that depends on `Sagas`, directly or through other providers. What gets hold of `Sagas` in another
 * way, for example from a `ModuleRef`, is not seen.
 */
@Injectable()
export class SagaHandlerCatalog {
  private found: Promise<readonly SagaHandlerEntry[]> | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly explorer: ReaExplorer,
    @Inject(REA_OPTIONS) private readonly rea: ReaModuleOptions,
  ) {}

  all(): Promise<readonly SagaHandlerEntry[]> {
    return (this.found ??= this.find());
  }

  /** Names of the components, as the server has them. */
  async services(): Promise<string[]> {
    return [...new Set((await this.all()).map(({ service }) => service))];
  }

  /** Which saga an invocation is of; undefined when it is none of a handler with sagas. */
  async sagaOf(row: InvocationRow): Promise<SagaInvocation | undefined> {
    const entry = (await this.all()).find(
      ({ service, handler }) => service === row.target_service_name && handler === row.target_handler_name,
    );
    return (
      entry && {
        invocationId: row.id,
        service: entry.component,
        handler: entry.handler,
        key: row.target_service_key ?? null,
        kind: entry.kind,
      }
    );
  }

  private async find(): Promise<SagaHandlerEntry[]> {
    const components = await this.explorer.components();
    return [...this.providers()].flatMap(([type, provider]) => {
      const { name: component } = componentOf(type)!;
      const description = components.find(({ name }) => name === qualify(this.rea, component));
      if (!description) return [];
      const { name: service, kind, className, handlers, options } = description;
      const declared = sagaHandlersOf(type.prototype);
      const depends = dependsOnSagas(provider, new Set());
      const instance = provider.instance as object | null | undefined;
      const isForeign = provider.isNotMetatype && instance && !(SAGAS in instance);
      return handlers
        .filter(({ method, kind: how }) => declared.has(method) || (depends && (how === 'handler' || how === 'run')))
        .map(({ name: handler, method, kind: handlerKind, options: own }) => ({
          service,
          component,
          handler,
          place: `${className}.${method}`,
          kind,
          isExclusive: kind === 'object' && handlerKind === 'handler',
          lacksSagas: Boolean(isForeign) && declared.has(method),
          options: { ...options, ...own, retryPolicy: { ...policyOf(options), ...policyOf(own) } },
        }));
    });
  }

  private *providers(): Generator<[Class, InstanceWrapper]> {
    const seen = new Set<Class>();
    for (const { providers } of this.modules.values()) {
      for (const provider of providers.values()) {
        const instance = provider.instance as object | null | undefined;
        const type = (provider.isNotMetatype ? instance?.constructor : provider.metatype) as Class | null | undefined;
        if (!type || provider.isAlias || seen.has(type) || !componentOf(type)) continue;
        seen.add(type);
        yield [type, provider];
      }
    }
  }
}

function policyOf({ retryPolicy }: Readonly<Record<string, unknown>>): RetryPolicy {
  return retryPolicy ?? {};
}

/** Whether code of a provider can get to `Sagas`. That a `@SagaHandler` of it has them is another matter. */
function dependsOnSagas(provider: InstanceWrapper, seen: Set<InstanceWrapper>): boolean {
  if (seen.has(provider)) return false;
  seen.add(provider);
  const properties = (provider.getPropertiesMetadata() ?? []).filter(({ key }) => key !== SAGAS);
  const dependencies = [...(provider.getCtorMetadata() ?? []), ...properties.map(({ wrapper }) => wrapper)];
  return dependencies.some(
    (dependency) => dependency && (dependency.token === Sagas || dependsOnSagas(dependency, seen)),
  );
}
