import { SagaStartError } from '../saga.errors.js';
import { fieldsOf } from './operator-input.js';
import { checkOptionNames } from '@rea/core/internal';
import { SAGA_OPERATORS_SHAPE, type OperatorGuard, type SagaOperatorsOptions } from './saga-operators.options.js';

/** {@link SagaOperatorsOptions}, checked. */
export interface MountedOperators {
  readonly path: string;
  readonly guards: readonly OperatorGuard[];
  /** Who asks; checked where it is written down. */
  readonly nameOf: (request: unknown, body: unknown) => string;
}

/** @throws SagaStartError (`REA1045`) without a guard */
export function mounted<Request>(options: SagaOperatorsOptions<Request>): MountedOperators {
  checkOptionNames('SagaOperatorsModule', options, SAGA_OPERATORS_SHAPE);
  const { path = 'operators', operator } = options;
  // Not every caller is compiled: a list may be built by hand, or the options come from a configuration.
  const guards: readonly unknown[] = Array.isArray(options.guards) ? options.guards : [];
  if (guards.length === 0 || !guards.every(isGuard)) {
    throw new SagaStartError(
      'REA1045',
      `SagaOperatorsModule would be open to everybody at "${path}": ${guards.length === 0 ? 'it has no guard' : 'one of its guards is none'}. Its endpoints show payloads, run compensations and stop sagas.`,
      'Give it the guard that knows operators: SagaOperatorsModule.register({ guards: [OperatorsOnly] }).',
    );
  }
  return {
    path: path.replace(/^\/+|\/+$/g, ''),
    guards,
    nameOf: operator ? (request) => operator(request as Request) : (_request, body) => fieldsOf(body)['by'] as string,
  };
}

function isGuard(guard: unknown): guard is OperatorGuard {
  if (typeof guard === 'function')
    return typeof (guard.prototype as Partial<Guard> | undefined)?.canActivate === 'function';
  return typeof (guard as Partial<Guard> | null | undefined)?.canActivate === 'function';
}

interface Guard {
  readonly canActivate: unknown;
}
