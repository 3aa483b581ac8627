import { Injectable, Logger } from '@nestjs/common';
import { allowNondeterminism } from '@rea/core';
import { attemptOf } from '@rea/core/internal';
import type { Context } from '@restatedev/restate-sdk';
import { InvocationTable } from './invocation-table.js';

/** A copy that was started to roll a killed saga back. */
export interface RestartedCopy {
  /** The invocation that was killed. */
  readonly killed: string;
  /** What the keys in the journal that it replays were made of. */
  readonly identity: string;
}

/** Invocations of which it is remembered what they are. */
const MOST_REMEMBERED = 10_000;

/**
 * Tells whether an invocation is a copy that rolls back a killed one. It replays a journal that was written under another
 * id, so it has to make the same idempotency keys.
 *
 * The server is asked only about invocations that replay a journal and did not begin in this process, once each. A
 * process without the admin API, or out of its reach, takes every invocation for an ordinary one.
 */
@Injectable()
export class RestartedCopies {
  private readonly logger = new Logger('Rea');
  private readonly known = new Map<string, RestartedCopy | null>();
  private readonly asked = new Map<string, Promise<RestartedCopy | null>>();

  constructor(private readonly table: InvocationTable) {}

  /** @returns the copy, or null for an ordinary invocation; a promise when it has to be looked up */
  of(ctx: Context): RestartedCopy | null | Promise<RestartedCopy | null> {
    const attempt = attemptOf(ctx);
    if (!attempt || !this.table.available) return null;
    const { id } = attempt.request;
    const known = this.known.get(id);
    if (known !== undefined) return known;
    if (!attempt.replays) return this.remember(id, null);
    const earlier = this.asked.get(id);
    if (earlier) return earlier;
    const asked = allowNondeterminism(() => this.lookUp(id)).finally(() => this.asked.delete(id));
    this.asked.set(id, asked);
    return asked;
  }

  private async lookUp(id: string): Promise<RestartedCopy | null> {
    try {
      const killed = (await this.table.invocation(id))?.restarted_from;
      if (killed === undefined) return this.remember(id, null);
      const found = (await this.table.cases([killed])).get(killed);
      const isOurs = found?.rollback && !found.otherCopies?.includes(id) && (found.from ?? 0) > 0;
      return this.remember(id, isOurs ? { killed, identity: found.identity } : null);
    } catch (error) {
      this.logger.warn(
        `REA8056: It could not be looked up whether ${id} rolls back a killed saga, so it is taken for an ordinary invocation. ${error instanceof Error ? error.message : String(error)}`,
      );
      return null;
    }
  }

  private remember(id: string, copy: RestartedCopy | null): RestartedCopy | null {
    this.known.set(id, copy);
    if (this.known.size > MOST_REMEMBERED) this.known.delete(this.known.keys().next().value!);
    return copy;
  }
}
