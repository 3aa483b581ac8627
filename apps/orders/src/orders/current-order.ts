import { DeadLetterException, type DeadLetterEntry, type DeadLetters } from '@rea/saga';
import type { OrderView } from './order.schemas.js';

/**
 * An order as it stands now: its workflow has ended when it is stuck, and what becomes of it then is in its dead letters.
 * Once operators have closed all of them, by a redrive or by hand, the order is closed.
 */
export async function currentOrder(order: OrderView, deadLetters: DeadLetters): Promise<OrderView> {
  if (!order.deadLetters) return order;
  const entries = await Promise.all(order.deadLetters.map((id) => entryOf(id, deadLetters)));
  // One that is not stored yet is on its way.
  if (entries.includes(undefined)) return order;
  const stuck = entries.flatMap((entry) => (entry?.status === 'open' ? stepsOf(entry) : []));
  const { stuck: _stuck, ...rest } = order;
  return stuck.length > 0 ? { ...rest, stuck } : { ...rest, status: 'closed' };
}

function stepsOf({ step, settled = [], notUndone }: DeadLetterEntry): string[] {
  return [...(settled.includes(step) ? [] : [step]), ...notUndone.map((each) => each.step)];
}

async function entryOf(id: string, deadLetters: DeadLetters): Promise<DeadLetterEntry | undefined> {
  try {
    return await deadLetters.get(id);
  } catch (error) {
    if (error instanceof DeadLetterException && error.code === 'REA8021') return undefined;
    throw error;
  }
}
