import { CancelledError, type Context } from '@restatedev/restate-sdk';
import { attemptOf } from '../invocation/attempt.js';
import { Section } from './section.js';

/** Types of messages of the service protocol: commands, and two of them. */
const FIRST_COMMAND = 0x0400;
const LAST_COMMAND = 0x04ff;
const SLEEP_COMMAND = 0x040c;
const SEND_SIGNAL_COMMAND = 0x0410;

/** Its sleep begins a cancelled rollback, see {@link rollbackEntry}. */
export const ROLLBACK_ENTRY = 'rea.saga.cancel';

/** No rollback's entry has more bytes; so much of a sleep is read. */
export const LONGEST_ENTRY = 128;

/** On a machine: the rollbacks in its journal. */
const ROLLBACKS = Symbol('rea.replayed-rollbacks');

/** On a machine: how many commands it was given. */
const COMMANDS = Symbol('rea.commands');

/** On a machine: how many of its latest commands in a row may cancel callees. */
const SIGNALS = Symbol('rea.signals-in-a-row');

/** A rollback that an earlier attempt began, where code had thrown something ordinary after its cancellation. */
export interface ReplayedRollback {
  /** Indices of commands: the callees' cancellations come before the entry. */
  readonly first: number;
  readonly last: number;
  /** Of the entry. */
  readonly name: string;
  /** How many steps the saga had started; undefined when code was told of the cancellation where it waited. */
  readonly steps: number | undefined;
  /** How many sagas are around the one that was rolled back; undefined likewise. */
  readonly depth: number | undefined;
}

interface Machine {
  [ROLLBACKS]?: ReplayedRollback[];
  [COMMANDS]?: number;
  [SIGNALS]?: number;
  last_command_index(): number;
}

/**
 * Name of the journal entry that begins the rollback of a saga whose code had thrown something ordinary.
 *
 * @param steps how many the saga had started
 * @param depth how many sagas are around it
 */
export function rollbackEntry(steps: number, depth: number): string {
  return `${ROLLBACK_ENTRY} ${steps} ${depth}`;
}

/** Notes a message that a machine is given, the body of which begins and ends there. */
export function noteReplayed(machine: object, type: number, bytes: Uint8Array, body: number, end: number): void {
  if (type < FIRST_COMMAND || type > LAST_COMMAND) return;
  const noted = machine as Machine;
  const index = noted[COMMANDS] ?? 0;
  noted[COMMANDS] = index + 1;
  const signals = noted[SIGNALS] ?? 0;
  noted[SIGNALS] = type === SEND_SIGNAL_COMMAND ? signals + 1 : 0;
  if (type !== SLEEP_COMMAND) return;
  const text = Buffer.from(bytes.subarray(body, Math.min(end, body + LONGEST_ENTRY))).toString();
  const at = text.indexOf(ROLLBACK_ENTRY);
  if (at < 0) return;
  const name = text.slice(at);
  const [steps, depth] = name.split(' ').slice(1).map(Number);
  const first = index - signals;
  (noted[ROLLBACKS] ??= []).push({ first, last: index, name, steps, depth });
}

export const isSleep = (type: number): boolean => type === SLEEP_COMMAND;

/** The rollback that comes next in the journal, before anything else. */
export function nextRollback(ctx: Context): ReplayedRollback | undefined {
  const machine = ((attemptOf(ctx)?.ctx ?? ctx) as { readonly coreVm?: Machine }).coreVm;
  return machine?.[ROLLBACKS] && comingOf(machine);
}

/**
 * Refuses a command where the journal goes on with a rollback: an earlier attempt began it, where this code had thrown
 * something ordinary that it does not throw any more. What was begun is taken to its end. Shielded code is the rollback.
 *
 * @param isSignal the command may cancel a callee
 * @throws CancelledError
 */
export function refuseBeforeRollback(machine: object | undefined, isSignal = false): void {
  if (!(machine as Machine | undefined)?.[ROLLBACKS]) return;
  const rollback = comingOf(machine as Machine);
  if (rollback?.steps === undefined || !Section.failing) return;
  // Its own cancellations of callees, or those of the code.
  if (isSignal && (machine as Machine).last_command_index() + 1 < rollback.last) return;
  if (Section.current?.some(({ isShielded }) => isShielded)) return;
  throw new CancelledError();
}

function comingOf(machine: Machine): ReplayedRollback | undefined {
  const next = machine.last_command_index() + 1;
  return machine[ROLLBACKS]?.find(({ first, last }) => first <= next && next <= last);
}
