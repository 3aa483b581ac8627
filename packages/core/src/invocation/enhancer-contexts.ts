import type { CanActivate, NestInterceptor, PipeTransform } from '@nestjs/common';
import { type ExceptionFilterMetadata, EXCEPTION_FILTERS_METADATA, GUARDS_METADATA } from '@nestjs/common/internal';
import { ApplicationConfig, type ContextId, type ModulesContainer } from '@nestjs/core';
import {
  BaseExceptionFilterContext,
  GuardsContextCreator,
  InterceptorsContextCreator,
  PipesContextCreator,
} from '@nestjs/core/internal';
import { appliesToHandlers } from '../decorators/applies-to-handlers.decorator.js';

type Callback = (...args: unknown[]) => unknown;
type NestContainer = ConstructorParameters<typeof GuardsContextCreator>[0];

/** The enhancers of one handler, instantiated, in the order in which Nest applies them. */
export interface Enhancers {
  readonly guards: readonly CanActivate[];
  readonly interceptors: readonly NestInterceptor[];
  readonly pipes: readonly PipeTransform[];
  readonly filters: readonly ExceptionFilterMetadata[];
}

/**
 * Looks enhancers up as Nest does for its own transports, with the creators that it shares between them
 * (`@nestjs/core/internal`). Class and method enhancers count; global ones only when they have opted in.
 */
export class EnhancerContexts {
  private readonly optedIn: ApplicationConfig;
  private readonly guards: GuardsContextCreator;
  private readonly interceptors: InterceptorsContextCreator;
  private readonly pipes: PipesContextCreator;
  private readonly filters: FilterContext;

  constructor(modules: ModulesContainer, config: ApplicationConfig) {
    // The creators read nothing but the modules.
    const container = { getModules: () => modules } as unknown as NestContainer;
    const optedIn = withOptedIn(config);
    this.optedIn = optedIn;
    this.guards = new GuardsContextCreator(container, optedIn);
    this.interceptors = new InterceptorsContextCreator(container, optedIn);
    this.pipes = new PipesContextCreator(container, optedIn);
    this.filters = new FilterContext(container, optedIn);
  }

  /** Whether a class has guards of its own, or the application has global ones for handlers. */
  hasGuards(type: object): boolean {
    const own = (Reflect.getMetadata(GUARDS_METADATA, type) as readonly unknown[] | undefined) ?? [];
    return own.length + this.optedIn.getGlobalGuards().length + this.optedIn.getGlobalRequestGuards().length > 0;
  }

  /** @param contextId with @param inquirerId for providers that are made per attempt */
  create(instance: object, method: Callback, moduleKey: string, contextId?: ContextId, inquirerId?: string): Enhancers {
    const args = [instance, method, moduleKey, contextId, inquirerId] as const;
    return {
      guards: this.guards.create(...args),
      interceptors: this.interceptors.create(...args),
      pipes: this.pipes.create(...args),
      filters: this.filters.create(...args),
    };
  }
}

/** Nothing to apply, whatever the application has. */
export const NO_ENHANCERS: Enhancers = { guards: [], interceptors: [], pipes: [], filters: [] };

/** Whether there is nothing to apply, so that the handler can be called directly. */
export function isEmpty({ guards, interceptors, pipes, filters }: Enhancers): boolean {
  return guards.length + interceptors.length + pipes.length + filters.length === 0;
}

class FilterContext extends BaseExceptionFilterContext {
  constructor(
    container: NestContainer,
    private readonly config: ApplicationConfig,
  ) {
    super(container);
  }

  /** The nearest filter first: method, class, global. */
  create(instance: object, method: Callback, moduleKey: string, contextId?: ContextId, inquirerId?: string) {
    this.moduleContext = moduleKey;
    const filters: ExceptionFilterMetadata[] = this.createContext(
      instance,
      method,
      EXCEPTION_FILTERS_METADATA,
      contextId,
      inquirerId,
    );
    return filters.toReversed();
  }

  // The type parameter is the base class's.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  override getGlobalMetadata<T extends unknown[]>(): T {
    return this.config.getGlobalFilters() as unknown as T;
  }
}

/** Global enhancers as the application has them, without those that are for HTTP only. */
function withOptedIn(config: ApplicationConfig): ApplicationConfig {
  const optedIn = new ApplicationConfig();
  optedIn.useGlobalGuards(...config.getGlobalGuards().filter(appliesToHandlers));
  optedIn.useGlobalInterceptors(...config.getGlobalInterceptors().filter(appliesToHandlers));
  optedIn.useGlobalPipes(...config.getGlobalPipes().filter(appliesToHandlers));
  optedIn.useGlobalFilters(...config.getGlobalFilters().filter(appliesToHandlers));
  for (const guard of config.getGlobalRequestGuards()) {
    if (appliesToHandlers(guard.metatype)) optedIn.addGlobalRequestGuard(guard);
  }
  for (const interceptor of config.getGlobalRequestInterceptors()) {
    if (appliesToHandlers(interceptor.metatype)) optedIn.addGlobalRequestInterceptor(interceptor);
  }
  for (const pipe of config.getGlobalRequestPipes()) {
    if (appliesToHandlers(pipe.metatype)) optedIn.addGlobalRequestPipe(pipe);
  }
  return optedIn;
}
