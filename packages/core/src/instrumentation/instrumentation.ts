import type { Context, HooksProvider, LoggerTransport } from '@restatedev/restate-sdk';
import type { AmbientValue } from '../ambient.js';
import type { Attempt } from '../invocation/attempt.js';

/** Injection token of the {@link Instrumentation} of the application; optional. */
export const INSTRUMENTATION = Symbol('REA_INSTRUMENTATION');

/** A part of a handler's work that stands for itself: a step of a saga, a compensation. */
export interface WorkPart {
  /** What it is: `step reserve-stock`. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A {@link WorkPart} that goes on, in one attempt. */
export interface Stretch {
  /** Runs a function as its content, and gives back what the function gives. */
  run<T>(fn: () => T): T;
  /** What its content is within, if that is all that {@link run} does: a task may be put within it instead. */
  readonly within?: AmbientValue | undefined;
  /** It is over; not called when the attempt ends before. @param error why it failed */
  end(error?: unknown): void;
}

/** Nobody watches. */
export const UNWATCHED: Stretch = { run: (fn) => fn(), end: () => undefined };

/**
 * Watches handlers and ingress clients from outside, for traces and logs. It adds nothing to the journal and takes no
 * part in what is awaited: whether it is there must not be seen in what a handler does.
 */
export interface Instrumentation {
  /** Around each attempt, outside the application's own hooks. */
  readonly hooks: readonly HooksProvider[];
  /** Takes the SDK's lines, those of `ctx.console` included, instead of Rea's own. */
  readonly logger?: LoggerTransport;
  /** Given the SDK's context of each attempt before the handler is called. */
  opened?(ctx: Context, attempt: Attempt): void;
  /** A part of the work begins; on a replay, too. */
  begin?(attempt: Attempt, part: WorkPart): Stretch;
  /** Around a request of an ingress client, and all its tries. @param what for example `Cart call.addItem` */
  request?<T>(what: string, send: () => Promise<T>): Promise<T>;
  /** Headers of a request that is sent now, one try of it. @param isDelayed of a message that is delivered later */
  headers?(isDelayed: boolean): Readonly<Record<string, string>>;
}
