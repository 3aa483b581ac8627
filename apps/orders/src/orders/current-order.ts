import { DeadLetterException, type DeadLetterEntry, type DeadLetters } from '@rea/saga';
import type { OrderView } from './order.schemas.js';

/** How long a dead letter may be on its way to the queue. In milliseconds. */
const LONGEST_WAY = 5 * 60_000;

/**
 * An order as it stands now: its workflow has ended when it is stuck, and what becomes of it then is in its dead letters.
 * Once operators have closed all of them, by a redrive or by hand, the order is closed, and stays so when they are purged.
 */
export async function currentOrder(order: OrderView, deadLetters: DeadLetters): Promise<OrderView> {
  if (!order.deadLetters) return order;
  const entries = await Promise.all(order.deadLetters.map((id) => entryOf(id, deadLetters)));
  // Not stored yet and purged look the same. Only closed ones are purged.
  if (entries.includes(undefined) && isFresh(order)) return order;
  const stuck = entries.flatMap((entry) => (entry?.status === 'open' ? stepsOf(entry) : []));
  const { stuck: _stuck, stuckAt, ...rest } = order;
  return stuck.length > 0
    ? { ...rest, stuck, ...(stuckAt === undefined ? {} : { stuckAt }) }
    : { ...rest, status: 'closed' };
}

function isFresh({ stuckAt }: OrderView): boolean {
  return stuckAt !== undefined && Date.now() - Date.parse(stuckAt) < LONGEST_WAY;
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
