import { currentScope } from './attempt.js';

/**
 * Does something outside the journal once per invocation, not once per attempt: a replay does not do it again, nor does an
 * attempt that comes after a failure.
 *
 * In a handler it is done as soon as the journal has gone past the calling code: with the next durable operation that is
 * waited for, or at the attempt's end. In a run's closure, when that try of it has succeeded; elsewhere at once. It is
 * done twice if the connection to the server is lost before that operation has arrived there; and not at all if the
 * process dies after it has arrived and before the effect, or if the handler is killed before it goes on.
 */
export function oncePerInvocation(effect: () => void): void {
  const scope = currentScope();
  if (!scope) effect();
  else if (scope.tries !== undefined) (scope.effects ??= []).push(effect);
  else scope.attempt.onceJournaled(effect);
}
