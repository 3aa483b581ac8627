import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { allowNondeterminism } from '@rea/core';
import { attemptOf, messageOf } from '@rea/core/internal';
import type { Context } from '@restatedev/restate-sdk';
import { type InvocationRow, InvocationTable } from './invocation-table.js';
import type { SagaInvocation } from './saga-invocation.js';

/** A copy of an invocation, with a part of its journal. */
export interface RestartedCopy {
  /** What the keys in the journal that it replays were made of: the id of the invocation that wrote it. */
  readonly identity: string;
  /** The killed saga that it was started to roll back; undefined for one that somebody else has started. */
  readonly rollsBack: string | undefined;
}

/** Invocations of which it is remembered what they are. */
const MOST_REMEMBERED = 10_000;

/** How often a row is looked for, and what is between, in milliseconds. */
const MOST_LOOKS = 5;
const BETWEEN_LOOKS = 50;

/** How long a copy is expected. In milliseconds. */
const EXPECTED_FOR = 60_000;

/**
 * Tells whether an invocation is a copy of another one. It replays a journal that was written under another id, so it has
 * to make the same idempotency keys.
 *
 * The server is asked only about invocations that replay a journal and did not begin in this process, once each, and
 * for a minute about those of a handler of which this process starts a copy: one without a journal looks like any other. A
 * process without the admin API, or out of its reach, takes every invocation for an ordinary one.
 */
@Injectable()
export class RestartedCopies {
  private readonly logger = new Logger('Rea');
  private readonly known = new Map<string, RestartedCopy | null>();
  private readonly asked = new Map<string, Promise<RestartedCopy | null>>();

  /** Handlers of which copies are expected, and until when. */
  private readonly expected = new Map<string, number>();

  constructor(private readonly table: InvocationTable) {}

  /** A copy of this invocation is about to be started, perhaps to run in this process. */
  expect({ service, handler, key }: Pick<SagaInvocation, 'service' | 'handler' | 'key'>): void {
    this.expected.set(JSON.stringify([service, handler, key]), Date.now() + EXPECTED_FOR);
  }

  /** @returns the copy, or null for an ordinary invocation; a promise when it has to be looked up */
  of(ctx: Context): RestartedCopy | null | Promise<RestartedCopy | null> {
    const attempt = attemptOf(ctx);
    if (!attempt || !this.table.available) return null;
    const { id } = attempt.request;
    const known = this.known.get(id);
    if (known !== undefined) return known;
    if (!attempt.replays && !this.isExpected(attempt)) return this.remember(id, null);
    const earlier = this.asked.get(id);
    if (earlier) return earlier;
    const asked = allowNondeterminism(() => this.lookUp(id)).finally(() => this.asked.delete(id));
    this.asked.set(id, asked);
    return asked;
  }

  private isExpected({ handler, request }: NonNullable<ReturnType<typeof attemptOf>>): boolean {
    if (this.expected.size === 0) return false;
    const now = allowNondeterminism(() => Date.now());
    for (const [known, until] of this.expected) if (until < now) this.expected.delete(known);
    return this.expected.has(JSON.stringify([handler.component, request.target.handler, request.target.key ?? null]));
  }

  private async lookUp(id: string): Promise<RestartedCopy | null> {
    try {
      const row = await this.rowOf(id);
      if (!row) return null;
      const { restarted_from: parent } = row;
      if (parent === undefined) return this.remember(id, null);
      const identity = await this.table.identityOf(id);
      const found = (await this.table.cases([parent])).get(parent);
      const isOurs = found?.rollback !== undefined && !found.otherCopies?.includes(id);
      return this.remember(id, { identity, rollsBack: isOurs ? parent : undefined });
    } catch (error) {
      this.logger.warn(
        `REA8056: It could not be looked up whether ${id} is a copy of a killed saga, so it is taken for an ordinary invocation. ${messageOf(error)}`,
      );
      return null;
    }
  }

  /** It runs, so it has a row, or will have one in a moment. */
  private async rowOf(id: string): Promise<InvocationRow | undefined> {
    for (let look = 1; ; look += 1) {
      const row = await this.table.invocation(id);
      if (row || look === MOST_LOOKS) return row;
      await pause(BETWEEN_LOOKS);
    }
  }

  private remember(id: string, copy: RestartedCopy | null): RestartedCopy | null {
    this.known.set(id, copy);
    if (this.known.size > MOST_REMEMBERED) this.known.delete(this.known.keys().next().value!);
    return copy;
  }
}
