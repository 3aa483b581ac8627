import { ERROR_METADATA } from '@rea/core';
import { TerminalError } from '@restatedev/restate-sdk';
import type { DeadLetterReport } from './dead-letter.types.js';
import type { DeadLetterRecord, DeadLetterStatus } from './dead-letter-entry.js';

function failure(status: number, code: string, message: string): TerminalError {
  return new TerminalError(`${code}: ${message}`, { errorCode: status, metadata: { [ERROR_METADATA.code]: code } });
}

/** The request does not carry the operators' secret. */
export function forbidden(): TerminalError {
  return failure(
    403,
    'REA8020',
    "The request does not carry the secret of this application's operators, so nothing was done. Use the injectables DeadLetters and SagaOperations; where it is given SagaModule.forRoot({ deadLetters: { secret } }), every process needs the same one.",
  );
}

export function unknownEntry(id: string): TerminalError {
  return failure(
    404,
    'REA8021',
    `There is no dead letter ${JSON.stringify(id)}. It may have been purged; list() has those that exist.`,
  );
}

export function notOpen(id: string, status: DeadLetterStatus, last: DeadLetterRecord | undefined): TerminalError {
  const who = last ? ` by ${last.by} at ${last.at}` : '';
  return failure(
    409,
    'REA8022',
    `The dead letter ${JSON.stringify(id)} is ${status} already${who}, so nothing was done. get() has its history.`,
  );
}

/** @param after names of the steps that are left after this one */
export function inlineCompensation(id: string, step: string, after: readonly string[]): TerminalError {
  const resolve =
    after.length === 0
      ? 'then resolve() it with a note'
      : `then resolve(id, { by, note, step: ${JSON.stringify(step)} }) it, and redrive() goes on with ${after.join(', ')}`;
  return failure(
    422,
    'REA8023',
    `The dead letter ${JSON.stringify(id)} cannot be redriven: the compensation of the step "${step}" was written inline, and its code ended with the saga. Undo the step by hand, ${resolve}. Make it a named one, with @Compensation and compensateWith(), to redrive the next.`,
  );
}

export function forwardStep({ id, step }: Pick<DeadLetterReport, 'id' | 'step'>): TerminalError {
  return failure(
    422,
    'REA8024',
    `The dead letter ${JSON.stringify(id)} cannot be redriven: the step "${step}" stands after the pivot and has no compensation to run. Do what it should have done by hand, then resolve() it with a note.`,
  );
}

export function unregistered(name: string, known: readonly string[]): TerminalError {
  return failure(
    422,
    'REA8025',
    `No provider has the compensation "${name}", so it cannot be redriven. Deploy a release with @Compensation('${name}'), or undo the step by hand and resolve() the dead letter with a note. The application has: ${known.join(', ') || 'none'}.`,
  );
}

export function withheldPayload(id: string, step: string, why: string): TerminalError {
  return failure(
    422,
    'REA8026',
    `The dead letter ${JSON.stringify(id)} cannot be redriven as it is: ${why}. Pass the payload of the step "${step}": redrive(id, { by, payload }).`,
  );
}

/** The steps behind the entry's own were to be undone after those of another entry. */
export function waitsForAnother(id: string, step: string, other: string): TerminalError {
  return failure(
    409,
    'REA8065',
    `The dead letter ${JSON.stringify(id)} cannot go on with the step "${step}": the dead letter ${JSON.stringify(other)} of the same group is open, and its step has to be undone before. Redrive or resolve that one, then redrive this one again.`,
  );
}

export function noSuchStep(id: string, step: string, left: readonly string[]): TerminalError {
  return failure(
    400,
    'REA8066',
    `The dead letter ${JSON.stringify(id)} has no step ${JSON.stringify(step)} left to undo, so nothing was done. Steps still to undo: ${left.join(', ')}.`,
  );
}

/** A step that needs nothing done is resolved; discarding it would close the whole entry. */
export function discardedAsAWhole(step: string): TerminalError {
  return badRequest(
    `A dead letter is discarded as a whole, with all its steps, so nothing was done. To close the step ${JSON.stringify(step)} alone, resolve it: resolve(id, { by, note, step }); to discard all of them, leave out "step".`,
  );
}

export function badRequest(problem: string): TerminalError {
  return failure(400, 'REA8027', problem);
}
