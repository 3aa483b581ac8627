import { ERROR_METADATA } from '@rea/core';
import type { CancelWithoutEffectError } from '@rea/core/internal';
import { TerminalError } from '@restatedev/restate-sdk';
import type { KilledRollback } from './saga-invocation.js';

function failure(status: number, code: string, message: string): TerminalError {
  return new TerminalError(`${code}: ${message}`, { errorCode: status, metadata: { [ERROR_METADATA.code]: code } });
}

/** @param why a sentence, with what to do instead */
export function notRestorable(id: string, why: string): TerminalError {
  return failure(422, 'REA8042', `The killed saga ${id} cannot be rolled back. ${why}`);
}

export function unknownSaga(id: string): TerminalError {
  return failure(
    404,
    'REA8043',
    `The invocation ${JSON.stringify(id)} is none of a handler of this application that has sagas, or it is forgotten. killed() and paused() list those that are known.`,
  );
}

export function notKilled(id: string, status: string): TerminalError {
  const cure =
    status === 'completed'
      ? 'It has answered, so it has rolled back itself where that was due.'
      : 'cancel() rolls back a saga that is alive or paused.';
  return failure(409, 'REA8044', `The saga ${id} was not killed: it is ${status}. ${cure}`);
}

export function rolledBackAlready(id: string, { by, at, restartedAs }: KilledRollback): TerminalError {
  const copy = restartedAs === undefined ? '' : ` Follow the invocation ${restartedAs}.`;
  return failure(409, 'REA8045', `The killed saga ${id} was rolled back already, by ${by} at ${at}.${copy}`);
}

export function restartedByHand(id: string, copies: readonly string[]): TerminalError {
  return failure(
    409,
    'REA8046',
    `The killed saga ${id} was restarted by hand, as ${copies.join(', ')}. cancel() that one to roll it back.`,
  );
}

export function ended(id: string): TerminalError {
  return failure(
    409,
    'REA8047',
    `The saga ${id} has ended, so there is nothing to cancel. Where it was killed, rollBack() undoes it.`,
  );
}

export function withoutEffect({ message }: CancelWithoutEffectError): TerminalError {
  return failure(504, 'REA8060', message.replace(/^REA\d+: The invocation/, 'The saga'));
}

export function notPaused(id: string, status: string): TerminalError {
  return failure(409, 'REA8048', `The saga ${id} is not paused but ${status}, so it cannot be resumed.`);
}

export function badRequest(problem: string): TerminalError {
  return failure(400, 'REA8049', problem);
}

export function noAdminApi(): TerminalError {
  return failure(
    503,
    'REA8050',
    'The process that serves the handlers knows no admin API. Set server.adminUrl there, for example http://restate:9070.',
  );
}

export function adminFailed(cause: Error): TerminalError {
  return failure(502, 'REA8051', `The admin API could not be asked. ${cause.message}`);
}

/** An action is not started by the copy of a killed saga. */
export function actionHeld(origin: string): TerminalError {
  return failure(
    409,
    'REA8052',
    `The action was not started, since this invocation only rolls back the killed saga ${origin}.`,
  );
}
