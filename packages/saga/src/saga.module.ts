import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { importedOnce, OpenDeadLetters } from '@rea/core/internal';
import { CompensationRegistry } from './compensations/compensation-registry.js';
import { DEAD_LETTER_OPTIONS } from './dead-letters/dead-letter.options.js';
import { DEAD_LETTER_PROVIDERS } from './dead-letters/dead-letter.providers.js';
import { DeadLetters } from './dead-letters/dead-letters.js';
import {
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  type OPTIONS_TYPE,
  RAW_SAGA_OPTIONS,
} from './saga.module-definition.js';
import { OperatorRoutes } from './operators/operator-routes.js';
import { SAGA_OPTIONS, type SagaModuleOptions } from './saga.options.js';
import { validateModuleOptions } from './saga.options-validation.js';
import { Sagas } from './sagas.service.js';
import { SagaOperations } from './supervisor/saga-operations.js';
import { SUPERVISOR_PROVIDERS } from './supervisor/supervisor.providers.js';

const PROVIDERS: Provider[] = [
  { provide: SAGA_OPTIONS, useFactory: validateModuleOptions, inject: [RAW_SAGA_OPTIONS] },
  {
    provide: DEAD_LETTER_OPTIONS,
    useFactory: ({ deadLetters = {} }: SagaModuleOptions) => deadLetters,
    inject: [SAGA_OPTIONS],
  },
  ...DEAD_LETTER_PROVIDERS,
  ...SUPERVISOR_PROVIDERS,
  CompensationRegistry,
  {
    provide: OpenDeadLetters,
    useFactory: (deadLetters: DeadLetters): OpenDeadLetters => ({ count: () => deadLetters.count({ status: 'open' }) }),
    inject: [DeadLetters],
  },
  Sagas,
];

/**
 * Sagas for durable handlers: {@link Sagas} runs them, `@Compensation` methods of any provider undo their steps,
 * `DeadLetters` holds what could not be undone, and a supervisor looks after sagas that were killed. Import it once, beside `ReaModule`; it is global.
 *
 * @example
 * ```ts
 * @Module({ imports: [ReaModule.forRoot({ server: 'embedded' }), SagaModule.forRoot()], providers: [Checkout] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class SagaModule extends ConfigurableModuleClass {
  constructor(modules: ModulesContainer) {
    super();
    importedOnce(modules, SagaModule);
  }

  /** @throws ReaOptionsError when an option cannot work, naming its path and the cure */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    validateModuleOptions(options);
    return extend(super.forRoot(options));
  }

  /** As {@link forRoot}, with options from a factory, a class or an existing provider. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return extend(super.forRootAsync(options));
  }
}

function extend(definition: DynamicModule): DynamicModule {
  return {
    ...definition,
    global: true,
    providers: [...(definition.providers ?? []), ...PROVIDERS],
    exports: [Sagas, SagaOperations, DeadLetters, CompensationRegistry, OpenDeadLetters, OperatorRoutes],
  };
}
