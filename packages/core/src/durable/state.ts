import type { ObjectContext, Serde } from '@restatedev/restate-sdk';
import type { AnyObjectContext, AnyObjectSharedContext } from '../decorators/handler-signature.js';
import { attemptOf } from '../invocation/attempt.js';
import { ValidationFailedError } from '../validation/validation-failed.error.js';
import { standardSchemaValidator } from '../validation/validator.js';
import { forJournal } from './journal-value.js';
import type { StateKey } from './state-key.js';
import { upcast, withVersion } from './versioned.js';

/** State that can be read only: what a shared handler gets. */
export interface ReadonlyState<Read> {
  /**
   * The stored value, or the default, or null.
   *
   * @throws ValidationFailedError (terminal, 500) when what is stored does not fit the schema
   */
  get(): Promise<Read>;
}

/** State that can be read and written: what an exclusive handler and a workflow's run get. */
export interface State<T, Read = T | null> extends ReadonlyState<Read> {
  /** Stores a value. @throws ValidationFailedError (terminal, 500) when it does not fit the schema */
  set(value: T): void;
  /** Reads, changes and stores; gives the new value. */
  update(change: (current: Read) => T): Promise<T>;
  /** Removes what is stored: reading gives the default again. */
  clear(): void;
}

/**
 * The state of the object or workflow that the handler runs for. Durable and consistent with the journal: a replay reads
 * what the first run read.
 *
 * @param ctx the handler's context; on a shared context the result is read-only, by type and at run time
 * @param key declared with {@link stateKey}
 */
export function state<T, Read>(ctx: AnyObjectContext, key: StateKey<T, Read>): State<T, Read>;
export function state<T, Read>(ctx: AnyObjectSharedContext, key: StateKey<T, Read>): ReadonlyState<Read>;
export function state<T, Read>(ctx: AnyObjectSharedContext, key: StateKey<T, Read>): State<T, Read> {
  return new StoredState(ctx as ObjectContext, key);
}

class StoredState<T, Read> implements State<T, Read> {
  constructor(
    private readonly ctx: ObjectContext,
    private readonly key: StateKey<T, Read>,
  ) {}

  async get(): Promise<Read> {
    const { name, options } = this.key;
    const stored = await this.ctx.get<unknown>(name, options.serde);
    if (stored === null) return (options.default ? options.default() : null) as Read;
    return this.checked(upcast(this.key, stored) as T) as T & Read;
  }

  set(value: T): void {
    this.write(this.checked(value));
  }

  async update(change: (current: Read) => T): Promise<T> {
    const next = this.checked(change(await this.get()));
    this.write(next);
    return next;
  }

  clear(): void {
    this.ctx.clear(this.key.name);
  }

  private write(value: T): void {
    const { name, options } = this.key;
    const serde = options.serde as Serde<unknown> | undefined;
    const limits = attemptOf(this.ctx)?.handler.stateLimits;
    const written = forJournal(this.ctx, withVersion(this.key, value), serde, `The state "${name}"`, limits);
    this.ctx.set(name, written.value, written.serde);
  }

  private checked(value: T): T {
    const { schema } = this.key.options;
    if (!schema) return value;
    const result = standardSchemaValidator(schema)(value);
    if ('details' in result) throw new ValidationFailedError(`The state "${this.key.name}"`, result.details, 500);
    return result.value as T;
  }
}
