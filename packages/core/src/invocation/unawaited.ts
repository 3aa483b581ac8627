import { Branch } from '../durable/concurrency/branch.js';
import type { OpenPart } from '../durable/open-work.js';
import { withPolicy } from '../policy/with-policy.js';
import type { Attempt } from './attempt.js';

/** How many are named in one message. */
const MOST_NAMED = 5;

/**
 * Lets the guardrails fire on what the calling code has started and not awaited, as it returns. What is lost with it is
 * refused; a call is made all the same, so that its answer is only advised on.
 *
 * @param own what the returning code is to have awaited: what a branch has started, or what is chosen. Default: all
 * @throws PolicyViolationError when it is refused
 */
export function refuseUnawaited(attempt: Attempt, own?: Branch | ((part: OpenPart) => boolean)): void {
  const { work } = attempt;
  if (!work) return;
  const open = own instanceof Branch ? work.takeOpenOf(own) : work.takeOpen(own);
  if (open.length === 0) return;
  const named = open.filter(({ what }) => typeof what === 'string');
  if (named[0]) reportUnawaited(attempt, named as Named[]);
  for (const { what, mode } of open) {
    if (typeof what === 'string') continue;
    const call = `The answer of ${what.service}/${what.method}, which was called and not awaited,`;
    withPolicy({ 'unawaited-call': mode }, () => attempt.report('unawaited-call', call));
  }
}

type Named = Pick<OpenPart, 'mode'> & { readonly what: string };

/** As {@link refuseUnawaited}, of what is known to be open. */
export function reportUnawaited(attempt: Attempt, [first, ...others]: readonly Named[]): void {
  if (!first) return;
  const names = [first, ...others].map(({ what }) => what);
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  const all = `${names.slice(0, MOST_NAMED).join(', ')}${more}`;
  const text = `${all[0]!.toUpperCase()}${all.slice(1)}, started and not awaited,`;
  withPolicy({ unawaited: first.mode }, () => attempt.report('unawaited', text, 'started and not awaited'));
}

/**
 * Something has begun that its caller has to await.
 *
 * @param what for messages: `the saga "order"`
 * @param isOver whether it has ended
 */
export function noteOpen(attempt: Attempt | undefined, what: string, isOver: () => boolean): void {
  const work = attempt?.active ? attempt.openWork() : undefined;
  if (!work || !attempt) return;
  const mode = attempt.handler.policy.modeOf('unawaited');
  if (mode !== 'disabled') work.add({ isCompleted: isOver }, what, mode);
}
