import { type DynamicModule, Module } from '@nestjs/common';
import { createDeadLettersController } from './dead-letters.controller.js';
import { mounted } from './mounted-operators.js';
import type { SagaOperatorsOptions } from './saga-operators.options.js';
import { OperatorRoutes } from '../operators/operator-routes.js';
import { createSagasController } from './sagas.controller.js';

const MOUNTED = Symbol('REA_OPERATORS_MOUNTED');

/**
 * Endpoints for operators, over `DeadLetters` and `SagaOperations`: what could not be undone, and sagas that were killed
 * or are paused. Only those reach them whom the guards let pass; it does not mount without one.
 *
 * `GET /operators/dead-letters` with `status`, `saga`, `step`, `compensation`, `service`, `since`, `until`, `limit` and
 * `cursor`; `/count` with the same filters; `/:id` and `/:id/history`. `POST` of `{ by, note?, payload?,
 * payloads? }` to `/:id/redrive`, of `{ by, note, step? }` to `/:id/resolve`, of `{ by, note }` to `/:id/discard`. `GET /operators/sagas/killed` and `/paused`;
 * `POST` of `{ by, reason? }` to `/operators/sagas/:id/roll-back`, `/cancel` and `/resume`. Answers to `GET` are not cached.
 *
 * Import it beside `SagaModule` where HTTP is served.
 *
 * @example
 * ```ts
 * SagaOperatorsModule.register({
 *   path: 'operators',
 *   guards: [OperatorsOnly],
 *   operator: (request: Request) => request.user.name, // for the history
 * })
 * ```
 */
@Module({})
export class SagaOperatorsModule {
  /** @throws SagaStartError (`REA1045`) without a guard, which is a compile error, too */
  static register<Request = unknown>(options: SagaOperatorsOptions<Request>): DynamicModule {
    const operators = mounted(options);
    return {
      module: SagaOperatorsModule,
      imports: options.imports ?? [],
      providers: [
        {
          provide: MOUNTED,
          useFactory: (routes: OperatorRoutes) => routes.mount(operators.path),
          inject: [OperatorRoutes],
        },
      ],
      controllers: [createDeadLettersController(operators), createSagasController(operators)],
    };
  }
}
