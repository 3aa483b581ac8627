import type { ObjectContext, Serde } from '@restatedev/restate-sdk';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AnyObjectContext, AnyObjectSharedContext } from '../decorators/handler-signature.js';
import { attemptOf } from '../invocation/attempt.js';
import { encoderOf } from '../validation/codec.js';
import { ValidationFailedError } from '../validation/validation-failed.error.js';
import { standardSchemaValidator } from '../validation/validator.js';
import { checkLoss, checkSize, defaultSerde, forJournal, passOn } from './journal-value.js';
import { isPlainJson } from './lossy-value.js';
import type { StateKey } from './state-key.js';
import { upcast, withVersion } from './versioned.js';
import { writeBySchema } from './written-value.js';

/** State that can be read only: what a shared handler gets. */
export interface ReadonlyState<Read> {
  /**
   * The stored value as its schema transforms it, or the default, or null. Without a schema or a serde, as JSON gives it.
   *
   * @throws ValidationFailedError (terminal, 500) when what is stored does not fit the schema
   */
  get(): Promise<Read>;
}

/** State that can be read and written: what an exclusive handler and a workflow's run get. */
export interface State<T, Read = T | null> extends ReadonlyState<Read> {
  /**
   * Stores a value: validated, and encoded where the schema is a codec.
   *
   * @throws ValidationFailedError (terminal, 500) when it does not fit the schema
   * @throws TerminalError (500, `REA7081`) when the schema would read it as another value
   */
  set(value: T): void;
  /** Reads, changes and stores; gives the new value, as its schema reads it. */
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
    return this.read(upcast(this.key, stored) as T) as T & Read;
  }

  set(value: T): void {
    this.write(value);
  }

  async update(change: (current: Read) => T): Promise<T> {
    return this.write(change(await this.get()));
  }

  clear(): void {
    this.ctx.clear(this.key.name);
  }

  /** Gives the value as it will be read. */
  private write(value: T): T {
    const { name, options } = this.key;
    if (options.schema) return this.writeBySchema(value, options.schema);
    const serde = options.serde as Serde<unknown> | undefined;
    const limits = attemptOf(this.ctx)?.handler.stateLimits;
    const written = forJournal(this.ctx, withVersion(this.key, value), serde, this.subject, limits);
    this.ctx.set(name, written.value, written.serde);
    return value;
  }

  private writeBySchema(value: T, schema: StandardSchemaV1): T {
    const { name, options } = this.key;
    const format = options.serde ?? defaultSerde(this.ctx);
    const attempt = attemptOf(this.ctx);
    const wrap = options.version === undefined ? undefined : (stored: unknown) => withVersion(this.key, stored);
    const written = writeBySchema(schema, value, format, this.subject, wrap);
    checkSize(attempt, written.bytes.byteLength, this.subject, attempt?.handler.stateLimits);
    if (attempt?.handler.policy.watchesValues && !encoderOf(schema) && isPlainJson(format)) {
      checkLoss(attempt, value, this.subject, written);
    }
    this.ctx.set<unknown>(name, written.bytes, passOn(format));
    return written.value as T;
  }

  /** What is stored, as its schema reads it. */
  private read(stored: T): T {
    const { schema } = this.key.options;
    if (!schema) return stored;
    const result = standardSchemaValidator(schema)(stored);
    if ('details' in result) throw new ValidationFailedError(this.subject, result.details, 500);
    return result.value as T;
  }

  private get subject(): string {
    return `The state "${this.key.name}"`;
  }
}
