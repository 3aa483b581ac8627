import { Logger } from '@nestjs/common';
import { Section } from '../durable/section.js';
import { errorOf } from '../failures/thrown.js';
import { type Attempt, currentScope } from './attempt.js';
import { asTerminalError } from './error-mapping.js';

const logger = new Logger('Rea');

/** What Node does about promises that are rejected and that nobody awaits, as its option says. */
const NODE_MODE =
  /--unhandled-rejections[= ]([\w-]+)/.exec([...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' '))?.[1] ??
  'throw';

let users = 0;

/**
 * From now on, a promise of handler code that is rejected and that nobody awaits fails its attempt, and not the process:
 * the server would retry the invocation, which would end the next process too. After the attempt it is logged.
 *
 * Rejections elsewhere are left to the application's listeners, or to what Node does without one. Gives the function that
 * ends this; calling it again does nothing.
 */
export function catchFloatingRejections(): () => void {
  if (users === 0) {
    process.on('unhandledRejection', onRejection);
    // In this mode Node asks these listeners first.
    if (NODE_MODE === 'strict') process.on('uncaughtException', onException);
  }
  users += 1;
  let isReleased = false;
  return () => {
    if (isReleased) return;
    isReleased = true;
    users -= 1;
    if (users === 0) stop();
  };
}

function stop(): void {
  process.off('unhandledRejection', onRejection);
  process.off('uncaughtException', onException);
}

/** Node calls it in the scope of the code that the promise was made by. */
function onRejection(reason: unknown): void {
  const attempt = currentScope()?.attempt;
  if (attempt) failFloating(attempt, reason);
  else if (NODE_MODE === 'throw' && process.listenerCount('unhandledRejection') === 1) throw reason;
}

function onException(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
  // The other event follows.
  if (origin === 'unhandledRejection' && currentScope()) return;
  if (process.listenerCount('uncaughtException') > 1) return;
  stop();
  process.nextTick(() => {
    throw error;
  });
}

function failFloating(attempt: Attempt, reason: unknown): void {
  const what = `REA7050: ${attempt.place} (${attempt.request.id}) started a promise that it neither awaits nor catches, and which was rejected`;
  // A revoked proxy, or an error whose message throws, would end the process here.
  const error = errorOf(reason);
  if (!attempt.active) {
    logger.error(`${what} after the attempt had ended, so it changes nothing. ${CURE}`, error);
    return;
  }
  const terminal = asTerminalError(error);
  // A saga fails by itself: it has something to undo.
  const section = terminal && Section.failing;
  logger.error(`${what}: the ${section ? 'saga' : terminal ? 'invocation' : 'attempt'} fails with it. ${CURE}`, error);
  if (section) section.failure ??= terminal;
  else attempt.fail(terminal ?? error);
}

const CURE =
  'Await everything that a handler starts: use for ... of in place of forEach(async), or parallel() and all().';
