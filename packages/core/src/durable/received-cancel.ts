import type { Context } from '@restatedev/restate-sdk';
import { attemptOf } from '../invocation/attempt.js';
import { classToChange } from './class-with.js';

const HEADER_BYTES = 8;

/** Types of messages of the service protocol. */
const START_MESSAGE = 0x0000;
const SIGNAL_NOTIFICATION = 0xfbff;

/** How a notification begins that is that of the built-in signal 1, a cancellation: field 2, a varint, of value 1. */
const CANCEL = [0x10, 0x01] as const;

/** On the class of the SDK's virtual machine, once it is changed. */
const WATCHED = Symbol('rea.watches-cancel');

/** On a machine that was given a cancellation. */
const CANCELLED = Symbol('rea.cancelled');

/** On a machine whose code goes on whatever happens. */
const OUTLASTS = Symbol('rea.outlasts-cancel');

/** On a machine: how many bytes of the message that is under way are still to come; infinite when it is not followed. */
const TO_COME = Symbol('rea.to-come');

/** On a machine: the beginning of a message, too short to be read. */
const BEGINNING = Symbol('rea.beginning');

interface Machine {
  readonly [WATCHED]?: true;
  [CANCELLED]?: true;
  [OUTLASTS]?: true;
  [TO_COME]?: number;
  [BEGINNING]?: Uint8Array | undefined;
  notify_input(chunk: Uint8Array): void;
}

/**
 * Lets {@link receivedCancel} know of cancellations. The SDK reports one where code waits, and not at all to code that
 * throws before; its machine cannot be asked. So what the machine is given is read along, from the headers of messages.
 * The machine's class is changed, once: the first attempt of a process is not followed.
 */
export function watchCancels(machine: object): void {
  if ((machine as Machine)[WATCHED]) return;
  const owner = classToChange<Machine>('notify_input', machine, WATCHED);
  if (!owner) return;
  const notify: Machine['notify_input'] = Reflect.get(owner, 'notify_input');
  owner.notify_input = function (chunk) {
    readAlong(this, chunk);
    notify.call(this, chunk);
  };
}

/**
 * Whether the attempt was given a cancellation, delivered to its code or not. Ask it where an ordinary error ends code.
 *
 * A replay decides alike: what the journal holds beyond this point was written after the same decision. Where code throws
 * on one replay and not on another, the journal does not match, and the attempt is tried again.
 */
export function receivedCancel(ctx: Context): boolean {
  const machine = machineOf(ctx);
  return machine?.[CANCELLED] === true && !machine[OUTLASTS];
}

/** From now on no cancellation ends the attempt's code: there is no way back. */
export function outlastsCancel(ctx: Context): void {
  const machine = machineOf(ctx);
  if (machine) machine[OUTLASTS] = true;
}

function machineOf(ctx: Context): Machine | undefined {
  return ((attemptOf(ctx)?.ctx ?? ctx) as { readonly coreVm?: Machine }).coreVm;
}

function readAlong(machine: Machine, chunk: Uint8Array): void {
  let at = machine[TO_COME];
  if (at === Infinity || machine[CANCELLED]) return;
  let bytes = chunk;
  const beginning = machine[BEGINNING];
  if (beginning) {
    bytes = Buffer.concat([beginning, bytes]);
    machine[BEGINNING] = undefined;
  }
  if (at === undefined) {
    at = 0;
    // One that was given something before it was watched.
    if (bytes.length >= 2 && typeAt(bytes, 0) !== START_MESSAGE) at = Infinity;
  }
  while (at < bytes.length) {
    const needed = at + HEADER_BYTES + CANCEL.length;
    if (bytes.length < needed && !isWhole(bytes, at)) {
      machine[BEGINNING] = new Uint8Array(bytes.subarray(at));
      machine[TO_COME] = 0;
      return;
    }
    if (typeAt(bytes, at) === SIGNAL_NOTIFICATION && isCancel(bytes, at + HEADER_BYTES)) machine[CANCELLED] = true;
    at += HEADER_BYTES + lengthAt(bytes, at);
  }
  machine[TO_COME] = at - bytes.length;
}

/** Whether a message ends within the bytes. */
function isWhole(bytes: Uint8Array, at: number): boolean {
  return bytes.length >= at + HEADER_BYTES && lengthAt(bytes, at) <= bytes.length - at - HEADER_BYTES;
}

/** Type of the message whose header begins there: a big-endian u16, then u16 of flags, and a u32 of the body's length. */
function typeAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!) >>> 0;
}

function isCancel(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === CANCEL[0] && bytes[at + 1] === CANCEL[1];
}
