import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import {
  type Class,
  type ComponentDeclaration,
  type HandlerDeclaration,
  handlersOf,
} from '../decorators/component-declaration.js';
import { BUILT_IN_PREFIX, builtInOptions } from '../decorators/built-in.decorator.js';
import { injectingClasses } from '../clients/injection-point.js';
import { checkInjections } from '../clients/injection-registry.js';
import { REA_OPTIONS, type ReaModuleOptions } from '../rea.options.js';
import { declaredDtosReady, type DtoSupport, loadDtoSupport } from '../validation/dto-validator.js';
import { checkComponent } from './component-checks.js';
import { classOf, componentAt } from './component-provider.js';
import { checkMethods } from './method-checks.js';
import { checkEnhancers } from './enhancer-checks.js';
import type { ComponentModel } from './component.model.js';
import { DiscoveryError } from './discovery.error.js';
import { globalPipes } from './validation-pipes.js';
import { createPayload, isDtoClass } from './payload.js';

/**
 * Finds the components of the application among the providers of all its modules, and refuses what cannot work.
 * A class counts when it or a base class is decorated; factory and value providers count by their instance's class.
 */
@Injectable()
export class ComponentExplorer {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    @Inject(REA_OPTIONS) private readonly options: ReaModuleOptions,
  ) {}

  /**
   * The components, in the order of their modules.
   *
   * @throws DiscoveryError naming class, method and cure; DtoLibrariesMissingError
   */
  async explore(): Promise<ComponentModel[]> {
    await declaredDtosReady();
    const found = new Map<string, ComponentModel>();
    const pipes = globalPipes(this.config);
    for (const provider of this.providers()) {
      const component = componentAt(provider);
      if (!component) {
        refuseStrayHandlers(classOf(provider));
        continue;
      }
      const { type, declaration } = component;
      checkComponent(type, declaration);
      checkMethods(component, provider);
      checkEnhancers(component, provider, builtInOptions(type) ? [] : pipes);
      const twin = found.get(declaration.name);
      if (twin) throw duplicate(declaration.name, twin, type, provider);
      found.set(declaration.name, { declaration, type, provider, handlers: await createHandlers(type, declaration) });
    }
    for (const { controllers } of this.modules.values()) {
      for (const { metatype } of controllers.values()) refuseStrayHandlers(metatype as Class);
    }
    checkInjections(injectingClasses(this.modules));
    this.refuseUnknownOverrides([...found.values()]);
    return [...found.values()];
  }

  /** The names of the components, without checking them: also before the bootstrap. */
  names(): Set<string> {
    return new Set([...this.providers()].flatMap((provider) => componentAt(provider)?.declaration.name ?? []));
  }

  private *providers(): Generator<InstanceWrapper> {
    const seen = new Set<object>();
    for (const module of this.modules.values()) {
      for (const provider of module.providers.values()) {
        if (provider.isAlias || seen.has(provider.instance ?? provider)) continue;
        seen.add(provider.instance ?? provider);
        yield provider;
      }
    }
  }

  private refuseUnknownOverrides(components: readonly ComponentModel[]): void {
    for (const [name, overrides] of Object.entries(this.options.components ?? {})) {
      const component = components.find(({ declaration }) => declaration.name === name);
      if (name.startsWith(BUILT_IN_PREFIX) && (!component || builtInOptions(component.type))) {
        throw new DiscoveryError(
          'REA1081',
          `The option components names "${name}". Names with ${BUILT_IN_PREFIX} before them are those of built-in components, which take neither defaults nor overrides: sagas, dead letters and webhooks depend on their options.`,
          'Remove it. What can be changed about them is an option of their modules, for example SagaModule.forRoot({ deadLetters: { redriveRetry } }).',
        );
      }
      if (!component) {
        throw new DiscoveryError(
          'REA1012',
          `The option components names "${name}", but the application has no such component.`,
          `It has: ${components.map(({ declaration }) => declaration.name).join(', ') || 'none'}.`,
        );
      }
      const handlers = component.handlers.map(({ declaration }) => declaration.name);
      const stranger = Object.keys(overrides.handlers ?? {}).find((handler) => !handlers.includes(handler));
      if (stranger !== undefined) {
        throw new DiscoveryError(
          'REA1012',
          `The option components.${name}.handlers names "${stranger}", but ${name} has no such handler.`,
          `It has: ${handlers.join(', ')}.`,
        );
      }
    }
  }
}

/** Handlers in a class without a component decorator would silently never be served. */
function refuseStrayHandlers(type: Class | undefined): void {
  if (typeof type?.prototype !== 'object' || type.prototype === null) return;
  const [handler] = handlersOf(type).values();
  if (handler) {
    throw new DiscoveryError(
      'REA1010',
      `${type.name}.${handler.method} is a handler, but ${type.name} is not provided as a component.`,
      'Decorate the class with @Service(), @VirtualObject() or @Workflow(), and list it under providers, not controllers.',
    );
  }
}

function duplicate(name: string, twin: ComponentModel, type: Class, provider: InstanceWrapper): DiscoveryError {
  const places = `${twin.type.name} in ${twin.provider.host?.name} and ${type.name} in ${provider.host?.name}`;
  return new DiscoveryError(
    'REA1013',
    `Two providers are the component "${name}": ${places}.`,
    twin.type === type
      ? 'Provide the class in one module only, and export it from there.'
      : 'Give one of them another name: @Service({ name: "..." }). For a base class and its subclass, provide the subclass only.',
  );
}

async function createHandlers(type: Class, component: ComponentDeclaration): Promise<ComponentModel['handlers']> {
  const dtos = await dtoSupport(type, [...component.handlers.values()]);
  return [...component.handlers.values()].map((declaration) => ({
    declaration,
    input: createPayload(declaration.options.input, 'input', dtos),
    output: createPayload(declaration.options.output, 'output', dtos),
  }));
}

/** Loads class-validator only when a handler needs it; it is an optional peer. */
async function dtoSupport(type: Class, handlers: readonly HandlerDeclaration[]): Promise<DtoSupport | undefined> {
  const user = handlers.find(({ options }) => isDtoClass(options.input) || isDtoClass(options.output));
  return user && loadDtoSupport(`${type.name}.${user.method}`);
}
