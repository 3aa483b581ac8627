import { context } from '@opentelemetry/api';
import type { Context } from '@restatedev/restate-sdk';
import type { AttemptSpans, OutgoingCall } from './attempt-spans.js';

type Run = (...args: unknown[]) => unknown;
type Call = (call: OutgoingCall) => unknown;

/** The operations of the SDK's own context that spans are made of. */
interface Operations {
  run: Run;
  genericCall: Call;
  genericSend: Call;
}

/**
 * Makes a context tell of its runs and calls. They are caught where they are started, since a run's closure is called by
 * whoever waits for it: there, nothing says to which part of the work it belongs.
 */
export function watchContext(ctx: Context, spans: AttemptSpans): void {
  const operations = ctx as unknown as Operations;
  const { run, genericCall, genericSend } = operations;
  const watchedRun: Run = function (this: unknown, ...args) {
    const [name, action, ...rest] = args;
    // Without a name it is a framework's own, for the time or a random number.
    if (typeof name !== 'string' || name === '' || typeof action !== 'function') return run.apply(this, args);
    const started = context.active();
    return run.call(this, name, () => spans.run(name, started, action as () => unknown), ...rest);
  };
  const watchedCall: Call = function (this: unknown, call) {
    spans.called('call', call);
    return genericCall.call(this, call);
  };
  const watchedSend: Call = function (this: unknown, call) {
    spans.called('send', call);
    return genericSend.call(this, call);
  };
  // Not assigned as they are written: V8 would make them in the old space, and keep the attempt until its next full
  // collection.
  operations.run = watchedRun;
  operations.genericCall = watchedCall;
  operations.genericSend = watchedSend;
}
