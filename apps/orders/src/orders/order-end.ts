import { sagaReportOf } from '@rea/saga';
import { CancelledError, type TerminalError } from '@restatedev/restate-sdk';
import { refusalOf } from '../common/refusal.error.js';
import type { OrderView } from './order.schemas.js';

/** How a failed order ends: what to tell the customer about the error that stopped it. */
export function endOf(error: TerminalError): Pick<OrderView, 'outcome' | 'reason' | 'stuck'> {
  const report = sagaReportOf(error);
  const left = report?.deadLettered.map(({ step }) => step) ?? [];
  const stuck = left.length > 0 ? { stuck: left } : {};
  // Cancelling the invocation, in the Restate UI, stops the order as well.
  if (error instanceof CancelledError) {
    return { outcome: 'cancelled', reason: report?.cause?.reason ?? 'Stopped by an operator', ...stuck };
  }
  return { outcome: refusalOf(error) ?? 'failed', reason: error.message, ...stuck };
}
