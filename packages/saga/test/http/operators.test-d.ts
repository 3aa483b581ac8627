import type { CanActivate } from '@nestjs/common';
import { type OperatorGuard, SagaOperatorsModule } from '@rea/saga';

declare class OperatorsOnly implements CanActivate {
  canActivate(): boolean;
}
declare const many: OperatorGuard[];

/** What modules write compiles. */
export const accepted = [
  SagaOperatorsModule.register({ guards: [OperatorsOnly] }),
  SagaOperatorsModule.register({ path: 'back-office', guards: [OperatorsOnly, new OperatorsOnly()] }),
  SagaOperatorsModule.register({ guards: [OperatorsOnly], operator: (request: { user: string }) => request.user }),
];

/** Nothing is mounted for everybody. */
export const refused = [
  // @ts-expect-error guards are missing
  () => SagaOperatorsModule.register({}),
  // @ts-expect-error there is no guard
  () => SagaOperatorsModule.register({ guards: [] }),
  // @ts-expect-error there may be no guard
  () => SagaOperatorsModule.register({ guards: many }),
  // @ts-expect-error that is none
  () => SagaOperatorsModule.register({ guards: [Date] }),
  // @ts-expect-error a name is a text
  () => SagaOperatorsModule.register({ guards: [OperatorsOnly], operator: () => 7 }),
];
