import { CancelledError, type TerminalError } from '@restatedev/restate-sdk';
import { refusalOf } from '../common/refusal.error.js';
import type { OrderView } from './order.schemas.js';

/** How a failed order ends: what to tell the customer about the error that stopped it. */
export function endOf(error: TerminalError): Pick<OrderView, 'outcome' | 'reason'> {
  // Cancelling the invocation, in the Restate UI, stops the order as well.
  if (error instanceof CancelledError) return { outcome: 'cancelled', reason: 'Stopped by an operator' };
  return { outcome: refusalOf(error) ?? 'failed', reason: error.message };
}
