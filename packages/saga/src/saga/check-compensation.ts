import { attemptOf, checkLoss, checkSize } from '@rea/core/internal';
import type { NamedCompensation } from '../compensations/compensate-with.js';
import type { SagaScope } from './saga-scope.js';

/**
 * Reports a compensation that the application does not have, or whose payload the journal does not keep.
 *
 * @param given the payload before it was made JSON
 */
export function checkCompensation(
  { ctx, services, name }: SagaScope,
  step: string,
  { compensation, payload }: NamedCompensation,
  given: unknown,
): void {
  const attempt = attemptOf(ctx);
  if (!services.registry.get(compensation)) {
    const known = services.registry.names().join(', ') || 'none';
    attempt?.report(
      'saga-unregistered',
      `The step "${step}" of the saga "${name}" names the compensation "${compensation}" (the application has: ${known})`,
    );
  }
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  const what = `The payload of the compensation "${compensation}"`;
  checkSize(attempt, bytes, what);
  checkLoss(attempt, given, what);
}
