import { sagaReportOf } from '@rea/saga';
import { CancelledError, type TerminalError } from '@restatedev/restate-sdk';
import { refusalOf } from '../common/refusal.error.js';
import type { OrderView } from './order.schemas.js';

/** How a failed order ends: what to tell the customer about the error that stopped it. */
export function endOf(
  error: TerminalError,
): Pick<OrderView, 'status' | 'outcome' | 'reason' | 'stuck' | 'deadLetters'> {
  const report = sagaReportOf(error);
  const { deadLettered = [], notUndone = [] } = report ?? {};
  const left = [...deadLettered.map(({ step }) => step), ...notUndone];
  const rest =
    left.length > 0
      ? { status: 'stuck' as const, stuck: left, deadLetters: deadLettered.map(({ id }) => id) }
      : { status: 'closed' as const };
  // Cancelling the invocation, in the Restate UI, stops the order as well.
  if (error instanceof CancelledError) {
    return { outcome: 'cancelled', reason: report?.cause?.reason ?? 'Stopped by an operator', ...rest };
  }
  return { outcome: refusalOf(error) ?? 'failed', reason: error.message, ...rest };
}
