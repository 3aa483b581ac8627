import { types } from 'node:util';
import { Logger } from '@nestjs/common';
import { CancelledError, TerminalError } from '@restatedev/restate-sdk';
import { currentScope } from '../invocation/attempt.js';
import { bounded, isA, LONGEST_MESSAGE, messageOf, readThrown, shown, withFramesOf } from './thrown.js';

/** A failure as the engine is given it. */
export interface EngineFailure {
  readonly code: number;
  readonly message: string;
  readonly metadata: readonly { readonly key: string; readonly value: string }[];
}

/** The code of an error that has none, or one that is of no use. */
const UNKNOWN = 500;

const LOWEST = 400;

/** From here on codes mean something to the engine itself: 570 is a journal that does not match, 599 a suspension. */
const LOWEST_OF_ENGINE = 570;

/** Characters of an error's metadata in all. More does not fit into the answer that carries it. */
const MOST_METADATA = 1_048_576;

/** A bound on memory: places that are remembered as warned of. */
const MOST_PLACES = 1_000;

const warned = new Set<string>();

/** Whether the engine takes a code as that of an error: an HTTP error status that it does not use itself. */
function isErrorCode(code: unknown): code is number {
  return typeof code === 'number' && Number.isInteger(code) && code >= LOWEST && code < LOWEST_OF_ENGINE;
}

/**
 * A terminal error as one that the engine takes: itself where its code, message and metadata are fine, else a new one. A
 * code that is no HTTP error status hangs the invocation, or makes it a success; it becomes 500, and the message names it.
 * Metadata values become texts. Never throws.
 */
export function engineError(error: TerminalError): TerminalError {
  if (isFine(error)) return error;
  if (isA(error, CancelledError)) return new CancelledError();
  const { code, message, metadata } = toFailure(error);
  const sound = new TerminalError(message, {
    errorCode: code,
    metadata: Object.fromEntries(metadata.map(({ key, value }) => [key, value])),
  });
  sound.cause = readThrown(error, 'cause');
  return withFramesOf(error, sound);
}

/** What an error of any kind becomes where it is given to the engine as a failure. Never throws. */
export function toFailure(error: unknown): EngineFailure {
  const code = readThrown(error, 'code');
  const own = readThrown(error, 'message');
  const message = typeof own === 'string' ? bounded(own) : messageOf(error);
  const isSound = isErrorCode(code);
  if (isSound || code === undefined) return { code: isSound ? code : UNKNOWN, message, metadata: metadataOf(error) };
  const given = shown(code);
  warn(
    'code',
    `threw or rejected with an error whose code is ${given}, which is not an HTTP error status (400 to 569). It is sent as 500, with the code in its message. Give errorCode a status, and put the codes of other systems into metadata.`,
  );
  const note = ` (REA2055: its code ${given} is not an HTTP error status, so it was sent as 500)`;
  return {
    code: UNKNOWN,
    message: message.slice(0, LONGEST_MESSAGE - note.length) + note,
    metadata: metadataOf(error),
  };
}

function isFine(error: TerminalError): boolean {
  if (types.isProxy(error)) return false;
  try {
    const { code, message, metadata } = error;
    if (!isErrorCode(code) || typeof message !== 'string' || message.length > LONGEST_MESSAGE) return false;
    if (metadata === undefined) return true;
    let size = 0;
    for (const value of Object.values<unknown>(metadata)) {
      if (typeof value !== 'string') return false;
      size += value.length;
    }
    return size <= MOST_METADATA;
  } catch {
    return false;
  }
}

/** Values become texts; what is too large is left out. */
function metadataOf(error: unknown): EngineFailure['metadata'] {
  const metadata = readThrown(error, 'metadata');
  if (typeof metadata !== 'object' || metadata === null) return [];
  const entries: { key: string; value: string }[] = [];
  let size = 0;
  for (const key of keysOf(metadata)) {
    const given = readThrown(metadata, key);
    const value = typeof given === 'string' ? given : textOf(given);
    if (value === undefined) continue;
    if (size + value.length > MOST_METADATA) {
      warn(
        'metadata',
        `gave an error metadata of more than ${MOST_METADATA} characters: ${JSON.stringify(key)} is left out. Store large values elsewhere, and put their key into the metadata.`,
      );
      continue;
    }
    size += value.length;
    entries.push({ key, value });
  }
  return entries;
}

function keysOf(metadata: object): string[] {
  try {
    return Object.keys(metadata);
  } catch {
    return [];
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return value === undefined ? undefined : shown(value);
  try {
    return JSON.stringify(value) ?? shown(value);
  } catch {
    return shown(value);
  }
}

/** Warns once for each place. */
function warn(subject: 'code' | 'metadata', what: string): void {
  const place = currentScope()?.attempt.place ?? 'A handler';
  const key = `${subject}\n${place}`;
  if (warned.has(key) || warned.size >= MOST_PLACES) return;
  warned.add(key);
  new Logger('Rea').warn(`REA2055: ${place} ${what}`);
}
