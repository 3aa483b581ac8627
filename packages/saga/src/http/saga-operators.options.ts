import type { OptionShape } from '@rea/core/internal';
import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';

/** A guard's class, which Nest creates with its dependencies, or a guard. */
export type OperatorGuard = Type<CanActivate> | CanActivate;

/** How the operators' endpoints are mounted. `Request` is what the HTTP platform's request is after the guards. */
export interface SagaOperatorsOptions<Request = unknown> {
  /** In front of `/dead-letters` and `/sagas`. Default `operators`. */
  readonly path?: string;
  /**
   * Who is an operator: a request goes on when all of them let it. At least one, since the endpoints show payloads, run
   * compensations and stop sagas. Guards of the whole application (`APP_GUARD`) come in front, and do not stand in.
   */
  readonly guards: readonly [OperatorGuard, ...OperatorGuard[]];
  /**
   * The operator's name in histories, from the request as the guards left it: 1 to 256 characters. Default: the field
   * `by` of the body, which is what the caller says of itself.
   */
  readonly operator?: (request: Request) => string;
  /** Modules with what the guards inject. */
  readonly imports?: ModuleMetadata['imports'];
}

export const SAGA_OPERATORS_SHAPE: OptionShape<SagaOperatorsOptions> = {
  path: true,
  guards: true,
  operator: true,
  imports: true,
};
