import { toMillis } from '@rea/core/internal';
import { CancelledError, TerminalError } from '@restatedev/restate-sdk';
import type { SagaReport } from './saga-report.js';
import type { SagaScope } from './saga-scope.js';

/** What leaves a saga: an interruption may have surfaced as something else, a callee's failure for example. */
export function leavingSaga(
  error: TerminalError,
  kind: NonNullable<SagaReport['cause']>['kind'],
  { name, options }: SagaScope,
): TerminalError {
  if (kind === 'cancelled') return error instanceof CancelledError ? error : new CancelledError();
  if (kind !== 'deadline') return error;
  return new TerminalError(
    `The saga "${name}" was not done within its deadline of ${toMillis(options.deadline ?? 0)} ms.`,
    { errorCode: 408 },
  );
}
