import { setTimeout as pause } from 'node:timers/promises';
import { ReaError } from '../rea.error.js';
import type { AdminClient } from './admin-client.js';
import { sqlLiteral } from './sql-literal.js';

/** How long a cancellation that finds its invocation failing is given to take effect, in milliseconds. */
const PATIENCE = 5_000;

const POLL = 100;

/** How long until it is resumed once more: the cancellation may have come after an attempt. */
const RESUME_AGAIN = 1_000;

/** An invocation whose attempts failed before it was cancelled has not ended since. */
export class CancelWithoutEffectError extends ReaError {
  readonly code = 'REA7060';

  constructor(
    readonly invocationId: string,
    /** How it stands: `paused`, `backing-off`. */
    readonly status: string,
    failure: string,
    waited: number,
  ) {
    super(
      `REA7060: The invocation ${invocationId} was cancelled ${waited} ms ago and has not reacted: it is ${status}. Its last failure: ${failure}. The cancellation stays, and takes effect once its code gets so far. A saga past its pivot only goes forward, and what fails before the handler (a hook, an endpoint that does not answer) keeps the cancellation from it. Fix what fails, or kill the invocation.`,
    );
  }
}

interface CancelledRow {
  readonly status: string;
  readonly retry_count?: number;
  readonly journal_commands_size?: number;
  readonly last_failure?: string;
}

interface PausedEvent {
  readonly last_failure?: { readonly error_message?: string };
}

/**
 * Cancels an invocation, and waits as {@link untilCancelTakesEffect}.
 *
 * @throws AdminUnreachableError, AdminRequestError 404 when it is not known, 409 when it has ended; CancelWithoutEffectError
 */
export async function cancelInvocation(admin: AdminClient, id: string, signal?: AbortSignal): Promise<void> {
  const before = await rowOf(admin, id);
  await admin.end(id, 'cancel', signal);
  await untilCancelTakesEffect(admin, id, before && !isWell(before), signal);
}

/**
 * Waits until a cancellation that was sent has taken effect. An invocation whose attempts work learns of it where it waits,
 * so there is nothing to wait for. One that fails, or is paused, is tried again at once: then it has to end, to do
 * something new (its rollback), or to wait for something.
 *
 * @param failed whether its attempts failed before it was cancelled, or it was paused: the cancellation wakes it up
 * @param signal ends the wait
 * @throws CancelWithoutEffectError (`REA7060`) after 5 s
 */
export async function untilCancelTakesEffect(
  admin: AdminClient,
  id: string,
  failed = false,
  signal?: AbortSignal,
): Promise<void> {
  const begun = performance.now();
  const first = await rowOf(admin, id);
  if (!first || (!failed && isWell(first))) return;
  let resumedAt = -Infinity;
  for (let row: CancelledRow | undefined = first; row && !hasReacted(row, first); row = await rowOf(admin, id)) {
    const waited = performance.now() - begun;
    if (waited > PATIENCE) {
      const failure = await lastFailure(admin, id, row);
      throw new CancelWithoutEffectError(id, row.status, failure, Math.round(waited));
    }
    if (isHalted(row) && waited - resumedAt >= RESUME_AGAIN) {
      resumedAt = waited;
      // Else it would wait for its next try, for hours perhaps. One that runs by now refuses that.
      await admin.resume(id).catch(() => undefined);
    }
    await pause(POLL, undefined, signal ? { signal } : {});
  }
}

function isHalted({ status }: CancelledRow): boolean {
  return status === 'paused' || status === 'backing-off';
}

function isWell(row: CancelledRow): boolean {
  return !isHalted(row) && (row.retry_count ?? 0) <= 1;
}

function hasReacted(now: CancelledRow, then: CancelledRow): boolean {
  if (now.status === 'completed' || now.status === 'suspended') return true;
  return (now.journal_commands_size ?? 0) > (then.journal_commands_size ?? 0);
}

/** Of a paused one it is in the event. */
async function lastFailure(admin: AdminClient, id: string, { last_failure: known }: CancelledRow): Promise<string> {
  const text = known ?? (await pauseOf(admin, id)) ?? 'none is known';
  return text.split('\n', 1)[0]!.slice(0, 1_000);
}

async function pauseOf(admin: AdminClient, id: string): Promise<string | undefined> {
  try {
    const [event] = await admin.query<{ event_json: string }>(
      `select event_json from sys_journal_events where id = ${sqlLiteral(id)} and event_type = 'Paused'
       order by appended_at desc limit 1`,
    );
    return event && (JSON.parse(event.event_json) as PausedEvent).last_failure?.error_message;
  } catch {
    return undefined;
  }
}

/** Undefined as well where the server's tables cannot be read: the cancellation was sent all the same. */
async function rowOf(admin: AdminClient, id: string): Promise<CancelledRow | undefined> {
  try {
    const [row] = await admin.query<CancelledRow>(
      `select status, retry_count, journal_commands_size, last_failure from sys_invocation where id = ${sqlLiteral(id)}`,
    );
    return row;
  } catch {
    return undefined;
  }
}
