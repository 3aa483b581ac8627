import { Logger } from '@nestjs/common';
import type { ReaEventMap, ReaEvents } from '@rea/core';
import { type AdminClient, sqlLiteral, type WatchedRequest } from '@rea/core/internal';
import { failureReport } from './failure-report.js';

/** How long an invocation may fail before that is reported, in milliseconds. */
const PATIENCE = 1_500;

/** How many invocations lie between a request and the one that fails, at most. */
const LONGEST_CHAIN = 20;

/** What becomes of the failures of handlers that Restate goes on trying. */
export type FailureMode = 'print' | 'throw' | 'off';

type Failure = ReaEventMap['error'];

/** An invocation that fails, and is tried again. */
interface Failing {
  last: Failure;
  attempts: number;
  readonly timer: NodeJS.Timeout;
}

interface Waiting {
  readonly request: WatchedRequest;
  readonly reject: (error: Error) => void;
}

/**
 * Watches the handlers of a test application: one that fails is tried again by Restate, in silence, until the test times
 * out. What still fails after a while is printed, or ends the requests that wait for it.
 */
export class FailureWatch {
  private readonly logger = new Logger('Rea');
  private readonly failing = new Map<string, Failing>();
  private readonly printed = new Set<string>();
  private readonly waiting = new Set<Waiting>();
  private admin: AdminClient | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(private readonly mode: Exclude<FailureMode, 'off'>) {}

  start(events: ReaEvents, admin: AdminClient): void {
    this.admin = admin;
    const ends = [
      events.on('error', (failure) => this.failed(failure)),
      events.on('invocation-ended', ({ invocationId }) => this.recovered(invocationId)),
      events.on('attempt-ended', ({ invocationId, outcome }) => {
        if (outcome === 'suspended') this.recovered(invocationId);
      }),
    ];
    this.unsubscribe = () => ends.forEach((end) => end());
  }

  stop(): void {
    this.unsubscribe?.();
    for (const { timer } of this.failing.values()) clearTimeout(timer);
    this.failing.clear();
  }

  /** Around each request of the ingress clients. */
  async request<T>(request: WatchedRequest, answer: () => Promise<T>): Promise<T> {
    if (this.mode === 'print') return answer();
    const overdue = await this.overdueFor(request);
    if (overdue) throw overdue.error;
    const { promise, reject } = Promise.withResolvers<never>();
    const waiting: Waiting = { request, reject };
    this.waiting.add(waiting);
    return Promise.race([answer(), promise]).finally(() => this.waiting.delete(waiting));
  }

  private failed(failure: Failure): void {
    const { invocationId, retryable } = failure;
    if (!retryable) return;
    const known = this.failing.get(invocationId);
    if (known) {
      known.attempts += 1;
      const isNew = meaningOf(known.last) !== meaningOf(failure);
      known.last = failure;
      // Its time has passed already, and this is another error.
      if (isNew && this.printed.has(keyOf(invocationId))) this.report(known);
      return;
    }
    const timer = setTimeout(() => this.overdue(invocationId), PATIENCE).unref();
    this.failing.set(invocationId, { last: failure, attempts: 1, timer });
  }

  private recovered(invocationId: string): void {
    const known = this.failing.get(invocationId);
    if (!known) return;
    clearTimeout(known.timer);
    this.failing.delete(invocationId);
  }

  private overdue(invocationId: string): void {
    const known = this.failing.get(invocationId);
    if (!known) return;
    this.printed.add(keyOf(invocationId));
    this.report(known);
  }

  private report(known: Failing): void {
    if (this.mode === 'throw') void this.endWaits(known);
    else this.print(known);
  }

  private print(known: Failing): void {
    const { service, handler } = known.last;
    const mark = `${service}/${handler}\n${meaningOf(known.last)}`;
    if (this.printed.has(mark)) return;
    this.printed.add(mark);
    this.logger.error(failureReport(known.last, known.attempts));
  }

  /** Ends the requests that wait for the invocation, or for one that waits for it, with its error; prints it if none does. */
  private async endWaits(known: Failing): Promise<void> {
    const { invocationId, error } = known.last;
    const chain = await this.chainOf(invocationId).catch(() => []);
    const waits = [...this.waiting].filter(({ request }) => chain.some((link) => waitsFor(request, link)));
    for (const { reject } of waits) reject(error);
    if (waits.length === 0 && this.failing.get(invocationId) === known) this.print(known);
  }

  /** What a request that begins now would wait for: an invocation whose time has passed, or one that waits for it. */
  private async overdueFor(request: WatchedRequest): Promise<Failure | undefined> {
    if (request.verb === 'send') return undefined;
    for (const { last } of this.failing.values()) {
      if (!this.printed.has(keyOf(last.invocationId))) continue;
      const chain = await this.chainOf(last.invocationId).catch(() => []);
      if (chain.some((link) => joins(request, link))) return last;
    }
    return undefined;
  }

  /** The invocation and those that have called it, one after the other. */
  private async chainOf(invocationId: string): Promise<Link[]> {
    const chain: Link[] = [];
    for (let id: string | undefined = invocationId; id !== undefined && chain.length < LONGEST_CHAIN;) {
      const [link]: Link[] = await this.admin!.query<Link>(
        `select id, target_service_name, target_service_key, target_handler_name, idempotency_key, invoked_by_id
         from sys_invocation where id = ${sqlLiteral(id)} and status <> 'completed'`,
      );
      if (link) chain.push(link);
      id = link?.invoked_by_id;
    }
    return chain;
  }
}

interface Link {
  readonly id: string;
  readonly target_service_name: string;
  readonly target_service_key?: string;
  readonly target_handler_name: string;
  readonly idempotency_key?: string;
  readonly invoked_by_id?: string;
}

function waitsFor({ path, service, handler, verb }: WatchedRequest, link: Link): boolean {
  if (verb === 'send' || verb === 'output') return false;
  if (path.includes(`/${link.id}/`)) return true;
  const name = link.target_service_name;
  if (service === undefined || handler === undefined || (name !== service && !name.endsWith(`.${service}`)))
    return false;
  // A workflow's run has the name of its method here, and its own on the server.
  if (handler !== link.target_handler_name) return false;
  const key = link.target_service_key;
  return !key || /^\/restate\/(attach|output)$/.test(path) || path.includes(`/${encodeURIComponent(key)}/`);
}

/** Whether a request that begins waits for an invocation that is there, and not for one of its own. */
function joins(request: WatchedRequest, link: Link): boolean {
  const { path, verb } = request;
  if (path.includes(`/${link.id}/`)) return true;
  if (!waitsFor(verb === 'output' ? { ...request, verb: 'attach' } : request, link)) return false;
  if (path.startsWith('/restate/workflow/')) return true;
  // A call to the object queues behind the one that fails.
  if (!path.startsWith('/restate/') && link.target_service_key) return true;
  const key = idempotencyKeyOf(request);
  return key !== undefined && key === link.idempotency_key;
}

function idempotencyKeyOf({ path, headers, body }: WatchedRequest): string | undefined {
  const given = headers?.['idempotency-key'];
  if (given !== undefined || !path.startsWith('/restate/') || typeof body !== 'string') return given;
  return (JSON.parse(body) as { readonly idempotencyKey?: string }).idempotencyKey;
}

/** Its message without what counts the tries. */
function meaningOf({ error }: Failure): string {
  return error.message.replaceAll(/\d+/g, '#');
}

/** A mark that the invocation's time has passed. */
function keyOf(invocationId: string): string {
  return `overdue ${invocationId}`;
}
