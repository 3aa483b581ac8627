import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { type ComponentDescription, type HandlerDescription, ReaExplorer } from '@rea/core';
import { sagaHandlersOf } from './saga-handler.decorator.js';
import { Sagas } from './sagas.service.js';

/** A handler that may run sagas. */
export interface SagaHandlerDescription {
  readonly component: ComponentDescription;
  readonly handler: HandlerDescription;
}

/** Kinds of handlers that may run sagas: the others are read-only. */
const ACTING: readonly HandlerDescription['kind'][] = ['handler', 'run'];

/**
 * Knows which handlers may run sagas: `@SagaHandler`s, and those of classes that {@link Sagas} is injected into, directly
 * or through other providers.
 */
@Injectable()
export class SagaHandlers {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly explorer: ReaExplorer,
  ) {}

  /** @throws DiscoveryError when the application could not start with what it has */
  async find(): Promise<SagaHandlerDescription[]> {
    const components = await this.explorer.components();
    return components.flatMap((component) => {
      const wrapper = this.providerOf(component);
      if (!wrapper) return [];
      const declared = sagaHandlersOf(wrapper.metatype?.prototype as object);
      const injected = usesSagas(wrapper);
      return component.handlers
        .filter(({ kind, method }) => ACTING.includes(kind) && (injected || declared.has(method)))
        .map((handler) => ({ component, handler }));
    });
  }

  private providerOf({ className, module }: ComponentDescription): InstanceWrapper | undefined {
    for (const { metatype, providers } of this.modules.values()) {
      if (metatype.name !== module) continue;
      for (const wrapper of providers.values()) if (wrapper.metatype?.name === className) return wrapper;
    }
    return undefined;
  }
}

function usesSagas(wrapper: InstanceWrapper, seen = new Set<InstanceWrapper>()): boolean {
  if (seen.has(wrapper)) return false;
  seen.add(wrapper);
  // Nest notes an injection once it has resolved it; a request-scoped class may have holes.
  const injected = [
    ...(wrapper.getCtorMetadata() ?? []),
    ...(wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper),
  ].filter(Boolean);
  return injected.some((dependency) => dependency.metatype === Sagas || usesSagas(dependency, seen));
}
