import type { DeadLetterReport } from '@rea/saga';
import { expect } from 'vitest';
import { eventually } from '../../../../core/test/support/eventually.js';
import type { DeadLetterApp } from './dead-letter-app.js';
import { Reporter } from './reporter.js';

let count = 0;

/** A report of a refund that did not work, with an id of its own. */
export function reportOf(changes: Partial<DeadLetterReport> = {}): DeadLetterReport {
  count += 1;
  const id = changes.id ?? `order-${count}/charge`;
  return {
    id,
    saga: 'order',
    step: 'charge',
    kind: 'compensation',
    compensation: 'refund',
    payload: { order: id },
    error: { message: 'the bank is closed', code: 503 },
    attempts: 3,
    idempotencyKey: `key of ${id}`,
    invocationId: 'inv_1',
    service: 'Checkout',
    handler: 'place',
    key: null,
    cause: { message: 'out of stock', code: 409 },
    notUndone: [],
    ...changes,
  };
}

/** Reports from inside a handler and waits until every entry is there, and in lists. */
export async function fill({ app, deadLetters }: DeadLetterApp, ...reports: DeadLetterReport[]): Promise<string> {
  const invocation = await app.ingress.service(Reporter).call.report(reports, { idempotencyKey: false });
  for (const { id } of reports) {
    const { createdAt: since, step } = await eventually(() => deadLetters.get(id));
    await eventually(async () => {
      const { entries } = await deadLetters.list({ since, step, limit: 500 });
      expect(entries.map((entry) => entry.id)).toContain(id);
    });
  }
  return invocation;
}
