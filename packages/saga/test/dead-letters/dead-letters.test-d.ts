import type { DeadLetterEntry, DeadLetterPage, DeadLetters, RedriveResult } from '@rea/saga';

declare const deadLetters: DeadLetters;

/** What controllers write compiles. */
export async function accepted(cursor: string | undefined): Promise<void> {
  const page: DeadLetterPage = await deadLetters.list({ status: 'open', ...(cursor === undefined ? {} : { cursor }) });
  const entry: DeadLetterEntry = await deadLetters.get(page.entries[0]!.id);
  await deadLetters.redrive(entry.id, { by: 'ada', payload: null, note: 'x' });
  await deadLetters.purge({ by: 'ada', olderThan: { days: 90 } });
}

/** Nothing is done without a name, and nothing is closed without a reason. */
export async function refused(id: string): Promise<void> {
  // @ts-expect-error who does it is missing
  await deadLetters.redrive(id, {});
  // @ts-expect-error why is missing
  await deadLetters.resolve(id, { by: 'ada' });
  // @ts-expect-error why is missing
  await deadLetters.discard(id, { by: 'ada' });
  // @ts-expect-error who does it is missing
  await deadLetters.purge({ olderThan: { days: 90 } });
  // @ts-expect-error a number could be a time or a duration
  await deadLetters.purge({ by: 'ada', olderThan: 90 });
  // @ts-expect-error no such status
  await deadLetters.list({ status: 'closed' });
}

/** The error of a redrive is there once it is known to have failed. */
export function outcomes(result: RedriveResult): string {
  // @ts-expect-error a redrive that worked has none
  void result.error;
  return result.outcome === 'failed' ? result.error.message : result.entry.status;
}
