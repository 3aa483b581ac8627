import type { Context } from '@restatedev/restate-sdk';
import { attemptOf } from '../invocation/attempt.js';
import { classToChange } from './class-with.js';
import { isSleep, LONGEST_ENTRY, noteReplayed } from './replayed-rollback.js';

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
 * A replay decides alike: what the journal holds beyond this point was written after the same decision. A saga takes the
 * rollback that it has begun also where its code does not throw any more: see replayed-rollback.ts. Other code does
 * not match its journal then, and the attempt is tried again.
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
  const toCome = machine[TO_COME];
  if (toCome === Infinity) return;
  let bytes = chunk;
  const beginning = machine[BEGINNING];
  if (beginning) {
    bytes = Buffer.concat([beginning, bytes]);
    machine[BEGINNING] = undefined;
  }
  let at = toCome ?? 0;
  if (toCome === undefined) {
    // One that was given something before it was watched.
    if (bytes.length >= 2 && typeAt(bytes, 0) !== START_MESSAGE) at = Infinity;
  }
  while (at < bytes.length) {
    if (!isReadable(bytes, at)) {
      machine[BEGINNING] = new Uint8Array(bytes.subarray(at));
      machine[TO_COME] = 0;
      return;
    }
    const type = typeAt(bytes, at);
    const body = at + HEADER_BYTES;
    const end = body + lengthAt(bytes, at);
    if (type === SIGNAL_NOTIFICATION && isCancel(bytes, body)) machine[CANCELLED] = true;
    noteReplayed(machine, type, bytes, body, end);
    at = end;
  }
  machine[TO_COME] = at - bytes.length;
}

/** Whether the bytes hold as much of a message as is read of it, if it has as much. */
function isReadable(bytes: Uint8Array, at: number): boolean {
  const given = bytes.length - at - HEADER_BYTES;
  if (given < 0) return false;
  return given >= Math.min(lengthAt(bytes, at), isSleep(typeAt(bytes, at)) ? LONGEST_ENTRY : CANCEL.length);
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
