import { TerminalError } from '@restatedev/restate-sdk';
import { asTerminalError, ERROR_METADATA } from '../invocation/error-mapping.js';
import type { StateKey, Upcaster } from './state-key.js';
import { messageOf } from '../failures/thrown.js';

/** How a versioned value is stored. Part of the journal: it never changes. */
interface Envelope {
  readonly '_rea.v': number;
  readonly value: unknown;
}

/** The value as it is stored: with its version, when its key has one. */
export function withVersion<T>({ options: { version } }: StateKey<T, unknown>, value: T): unknown {
  return version === undefined ? value : ({ '_rea.v': version, value } satisfies Envelope);
}

/**
 * A stored value in the shape of its key's version.
 *
 * @throws TerminalError (500, `REA7021`) when it was stored by a newer version, or no upcaster leads from its version
 * @throws TerminalError (500, `REA7022`) when an upcaster fails: what is stored stays as it is, so it would fail again
 */
export function upcast<T>({ name, options }: StateKey<T, unknown>, stored: unknown): unknown {
  const { version, upcasters = {} } = options;
  const { '_rea.v': from, value } = isEnvelope(stored) ? stored : { '_rea.v': 0, value: stored };
  if (version === undefined && !isEnvelope(stored)) return stored;
  let current = value;
  for (let each = from; each !== (version ?? 0); each += 1) {
    const next = upcasters[each];
    if (!next) {
      throw new TerminalError(
        `REA7021: The state "${name}" was stored under version ${from}, and this code has version ${version ?? 'none'} without a way from ${each}. Deploy code that knows it, or add the upcaster.`,
        { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA7021' } },
      );
    }
    current = upcastOnce(name, each, next, current);
  }
  return current;
}

function upcastOnce(name: string, version: number, upcaster: Upcaster, value: unknown): unknown {
  try {
    return upcaster(value);
  } catch (error) {
    const terminal = asTerminalError(error);
    if (terminal) throw terminal;
    const reason = messageOf(error);
    throw new TerminalError(
      `REA7022: The upcaster of the state "${name}" from version ${version} has failed: ${reason}. What is stored is left as it is. Mend the upcaster, and call again.`,
      { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA7022' } },
    );
  }
}

function isEnvelope(stored: unknown): stored is Envelope {
  return typeof stored === 'object' && stored !== null && '_rea.v' in stored && 'value' in stored;
}
