import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { REA_OPTIONS, type ReaModuleOptions } from '@rea/core';
import { ShutdownGrace, toMillis, messageOf } from '@rea/core/internal';
import { OperatorClient } from '../operators/operator-client.js';
import { SAGA_OPTIONS, type SagaModuleOptions } from '../saga.options.js';
import { type InvocationRow, InvocationTable } from './invocation-table.js';
import { SagaHandlerCatalog } from './saga-handler-catalog.service.js';
import { SAGA_FACADE } from './saga-operation-facade.js';
import type { FoundRequest } from './saga-operator-requests.js';
import { SUPERVISOR_DEFAULTS, type SupervisorOptions } from './supervisor.options.js';

/** Rows of one query. */
const PAGE = 2_000;

/** Finds that are handed on in one request. */
const HANDED_AT_ONCE = 50;

/** What ended less than this before the latest one is looked at again: partitions do not end things in one order. */
const OVERLAP = 60_000;

/** Invocations that were looked at and are remembered. */
const MOST_REMEMBERED = 20_000;

/**
 * Finds sagas that died without answering, and paused ones, and hands them to their cases, which tell and roll back. It
 * runs in every process that serves handlers and knows the admin API, from after the bootstrap until the shutdown begins:
 * what several of them find is one case all the same, and what a process could not hand on is found again, by the next
 * look or by another process.
 */
@Injectable()
export class SagaSupervisor implements OnApplicationBootstrap {
  private readonly logger = new Logger('Rea');
  private readonly options: Required<SupervisorOptions> | undefined;
  private readonly seen = new Set<string>();
  private since = '';
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;
  private failing = false;

  constructor(
    private readonly table: InvocationTable,
    private readonly catalog: SagaHandlerCatalog,
    private readonly operator: OperatorClient,
    @Inject(SAGA_OPTIONS) { supervisor = {} }: SagaModuleOptions,
    @Inject(REA_OPTIONS) { endpoint }: ReaModuleOptions,
    grace: ShutdownGrace,
  ) {
    const runs = supervisor !== false && endpoint !== false && table.available;
    this.options = runs ? { ...SUPERVISOR_DEFAULTS, ...supervisor } : undefined;
    grace.register((timeout) => this.stop(timeout));
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.options || (await this.catalog.all()).length === 0) return;
    this.since = new Date(Date.now() - toMillis(this.options.window)).toISOString();
    this.schedule(this.options);
  }

  private schedule(options: Required<SupervisorOptions>): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.looking = this.look(options).finally(() => this.schedule(options));
    }, toMillis(options.interval)).unref();
  }

  /** What a look has begun to hand on ends; whoever has to answer may be shutting down too. @param timeout in milliseconds */
  private async stop(timeout: number): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeout);
    await Promise.race([this.looking, late]);
    clearTimeout(timer);
  }

  /** One look: never throws, since the next one may work. */
  private async look(options: Required<SupervisorOptions>): Promise<void> {
    try {
      for (let more = true; more && !this.stopped;) more = await this.lookAtPage(options);
      if (this.failing) this.logger.log('The supervisor of sagas looks after them again.');
      this.failing = false;
    } catch (error) {
      if (this.failing || this.stopped) return;
      this.failing = true;
      this.logger.warn(
        `REA8053: The supervisor of sagas cannot do its work; killed and paused sagas are not reported meanwhile. It tries again every ${toMillis(options.interval)} ms. ${messageOf(error)}`,
      );
    }
  }

  /** @returns whether there is more to look at */
  private async lookAtPage({ onKilled, window }: Required<SupervisorOptions>): Promise<boolean> {
    const page = await this.table.suspects(await this.catalog.services(), this.since, PAGE);
    const unseen = page.filter((row) => !this.seen.has(markOf(row)));
    const known = await Promise.all(unseen.map((row) => this.catalog.sagaOf(row)));
    const suspects = unseen.filter((_, index) => known[index] !== undefined);
    const died = await this.table.died(suspects.filter(({ status }) => status === 'completed'));
    const killed = died.map(({ id }) => id);
    const paused = suspects.filter(({ status }) => status === 'paused').map(({ id }) => id);
    await this.handOn(killed, paused, onKilled);
    for (const row of unseen) this.seen.add(markOf(row));
    for (const mark of this.seen) {
      if (this.seen.size <= MOST_REMEMBERED) break;
      this.seen.delete(mark);
    }
    const last = page.filter(({ status }) => status === 'completed').at(-1)?.completed_at;
    const isFull = page.length === PAGE && last !== undefined && last > this.since;
    const reached = last === undefined ? 0 : Date.parse(last) - (isFull ? 0 : OVERLAP);
    const next = Math.max(Date.parse(this.since), reached, Date.now() - toMillis(window));
    this.since = new Date(next).toISOString();
    return isFull;
  }

  private async handOn(
    killed: readonly string[],
    paused: readonly string[],
    onKilled: FoundRequest['onKilled'],
  ): Promise<void> {
    const size = Math.max(killed.length, paused.length);
    for (let from = 0; from < size; from += HANDED_AT_ONCE) {
      const part = (ids: readonly string[]) => ids.slice(from, from + HANDED_AT_ONCE);
      const request: FoundRequest = { killed: part(killed), paused: part(paused), onKilled };
      await this.operator.ask(SAGA_FACADE, 'found', request);
    }
  }
}

/** A paused invocation that was resumed and is paused again is another find. */
function markOf({ id, status, modified_at: at }: InvocationRow): string {
  return status === 'paused' ? `${id} ${at}` : id;
}
