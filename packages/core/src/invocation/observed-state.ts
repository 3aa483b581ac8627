import type { Serde } from '@restatedev/restate-sdk';
import { defaultSerde } from '../durable/journal-value.js';
import type { Attempt } from './attempt.js';

/** An operation of the context, and how it goes on. */
type Observer = (attempt: Attempt, args: unknown[], proceed: (args: unknown[]) => unknown) => unknown;

/** Names of what Rea itself keeps in a component's state. */
const OWN = /^_rea/;

/** What tells of state operations, by the context's method. */
export const STATE_OBSERVERS: Readonly<Record<string, Observer>> = {
  get(attempt, args, proceed) {
    const name = String(args[0]);
    if (!OWN.test(name)) attempt.tell('state-get', () => ({ name }));
    return proceed(args);
  },
  set(attempt, args, proceed) {
    const [name, value, serde] = args as [string, unknown, Serde<unknown> | undefined];
    if (OWN.test(name) || !attempt.handler.events.observes('state-set') || !attempt.advances) return proceed(args);
    const format = serde ?? defaultSerde<unknown>(attempt.ctx);
    let bytes = 0;
    const measured = {
      ...(format.contentType === undefined ? {} : { contentType: format.contentType }),
      serialize: (what: unknown) => {
        const written = format.serialize(what);
        bytes = written.byteLength;
        return written;
      },
      deserialize: (data: Uint8Array) => format.deserialize(data),
    };
    const result = proceed([name, value, measured]);
    attempt.handler.events.publish('state-set', () => ({ ...attempt.info, name, bytes }));
    return result;
  },
  clear(attempt, args, proceed) {
    const name = String(args[0]);
    if (!OWN.test(name)) attempt.tell('state-cleared', () => ({ name }));
    return proceed(args);
  },
  clearAll(attempt, args, proceed) {
    attempt.tell('state-cleared', () => ({}));
    return proceed(args);
  },
};
