import { type Serde, serde as serdes } from '@restatedev/restate-sdk';
import { misuse } from './ingress-errors.js';
import { UnreadableAnswerException } from './ingress.exceptions.js';
import { messageOf } from '@rea/core/internal';

/** The format of what has none of its own. */
export const JSON_FORMAT = serdes.json as Serde<unknown>;

/** Writes a value for the wire. @throws IngressMisuseException (500, `REA7020`; in a handler TerminalError) when the format cannot */
export function encode(what: string, value: unknown, serde: Serde<unknown> = JSON_FORMAT) {
  try {
    const body = serde.serialize(value);
    return { body, headers: serde.contentType === undefined ? {} : { 'content-type': serde.contentType } };
  } catch (error) {
    const reason = messageOf(error);
    const message = `REA7020: The input of ${what} cannot be written (${reason}). Pass plain JSON data, or a serde: { input }.`;
    throw misuse('REA7020', message, error);
  }
}

/** Reads a value from the wire. @throws UnreadableAnswerException (502, REA4007) when it is of another format */
export function decode(what: string, body: Uint8Array, serde: Serde<unknown> = JSON_FORMAT): unknown {
  try {
    return serde.deserialize(body);
  } catch (error) {
    throw new UnreadableAnswerException(what, error);
  }
}
