import { classToChange } from '../durable/class-with.js';
import { bounded, messageOf } from './thrown.js';
import { toFailure } from './engine-error.js';

/** On the class of the SDK's virtual machine, once it is changed. */
const SOUND = Symbol('rea.sound-failures');

/** What is used of the SDK's virtual machine. Each of these is the last that JavaScript sees of a failure. */
interface Machine {
  readonly [SOUND]?: true;
  notify_error(message: string, stack?: string): void;
}

type Method = (this: Machine, ...args: unknown[]) => unknown;

/** Methods that are given a failure, last. */
const FAILURES = [
  'sys_write_output_failure',
  'propose_run_completion_failure',
  'sys_complete_awakeable_failure',
  'sys_complete_promise_failure',
  'sys_complete_signal_failure',
];

/** Methods that are given a message and a stack, and where the message stands. */
const TEXTS: Readonly<Record<string, number>> = {
  notify_error: 0,
  notify_error_with_delay_override: 0,
  notify_error_for_next_command: 0,
  notify_error_for_specific_command: 0,
  propose_run_completion_failure_transient: 1,
  propose_run_completion_failure_transient_with_delay_override: 1,
  propose_run_completion_failure_transient_with_pause: 1,
};

/** Longest stack trace that is sent, in characters. */
const LONGEST_STACK = 65_536;

/**
 * Keeps failures from the engine that it does not take: one with a code that is no u16 leaves the machine unusable, so the
 * invocation hangs and the process ends with it. Whatever code has made them, they pass here. The machine's class is
 * changed, once.
 */
export function keepFailuresSound(machine: object): void {
  if ((machine as Machine)[SOUND]) return;
  const owner = classToChange<Machine>('notify_error', machine, SOUND);
  if (!owner) return;
  const methods = owner as unknown as Record<string, Method | undefined>;
  for (const name of FAILURES) {
    const method = methods[name];
    if (!method) continue;
    methods[name] = function (...args) {
      return method.apply(this, [...args.slice(0, -1), toSoundFailure(args.at(-1))]);
    };
  }
  for (const [name, at] of Object.entries(TEXTS)) {
    const method = methods[name];
    if (!method) continue;
    methods[name] = function (...args) {
      const [message, stack] = args.slice(at, at + 2);
      const sound = [toText(message, stack), typeof stack === 'string' ? bounded(stack, LONGEST_STACK) : undefined];
      return method.apply(this, [...args.slice(0, at), ...sound, ...args.slice(at + 2)]);
    };
  }
}

/** Of an error without a message, its name is all that there is to say. */
function toText(message: unknown, stack: unknown): string {
  if (typeof message !== 'string') return messageOf(message);
  if (message !== '' || typeof stack !== 'string') return bounded(message);
  return bounded(stack.split('\n', 1)[0] || 'Error');
}

/** The SDK has its metadata as a list. */
function toSoundFailure(failure: unknown): unknown {
  const { code, message, metadata } = failure as {
    readonly code: unknown;
    readonly message: unknown;
    readonly metadata: readonly { readonly key: string; readonly value: unknown }[];
  };
  const entries = Object.fromEntries(metadata.map(({ key, value }) => [key, value]));
  // Where a reason should have been a text, an error may have been given.
  if (typeof message !== 'string') return toFailure(message);
  return toFailure({ code, message, metadata: entries });
}
