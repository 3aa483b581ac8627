import { Logger } from '@nestjs/common';
import { type Request, TerminalError } from '@restatedev/restate-sdk';
import type { HandlerInfo } from '../events/rea-event.js';
import type { ReaEvents } from '../events/rea-events.js';
import type { AdminClient } from '../registration/admin-client.js';
import type { Attempt } from './attempt.js';
import { findSenders, type Sender } from './message-senders.js';

/** On messages of ingress clients: whoever sends it does not wait for an answer. */
export const ONE_WAY_HEADER = 'x-rea-one-way';

/** Failures are looked into together, this long after the first of them, in milliseconds. */
const DELAY = 250;

/** Most failures that wait to be looked into. */
const MOST_WAITING = 1_000;

/** Failures that one query is about. */
const ASKED_AT_ONCE = 100;

/** Most lines a minute. What is not logged is counted. */
const LINES_PER_MINUTE = 60;

/** Longest that the end of an application waits for an answer, in milliseconds. */
const LONGEST_SETTLE = 2_000;

interface Failure {
  readonly info: HandlerInfo;
  readonly error: { readonly message: string; readonly code: number };
  readonly isMarked: boolean;
}

/**
 * Reports messages that failed for good: whoever sent one does not wait, so its error reaches nobody. The handler's attempt
 * does not know whether it is called or sent to; the server does, and is asked afterwards, for many failures at once.
 *
 * It costs nothing while nothing fails, and never throws. A process that dies before it has asked reports nothing.
 */
export class FailedMessages {
  private readonly logger = new Logger('Rea');
  private waiting: Failure[] = [];
  private dropped = 0;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private minute = 0;
  private lines = 0;
  private unlogged = 0;
  private readonly late = new AbortController();
  /** Handlers that were logged although their messages cannot be told from calls. */
  private readonly logged = new Set<string>();

  /** @param admin without it, what was sent by a handler is not told from what was called */
  constructor(
    private readonly events: ReaEvents,
    private readonly admin: AdminClient | undefined,
  ) {}

  /** An invocation has failed terminally. */
  note(attempt: Attempt, { message, code }: TerminalError): void {
    const { handler, request, info } = attempt;
    // The result of a workflow is kept for whoever attaches.
    if (handler.isRun) return;
    if (this.waiting.length >= MOST_WAITING) {
      this.dropped += 1;
      return;
    }
    this.waiting.push({ info, error: { message, code }, isMarked: isMarked(request) });
    this.timer ??= setTimeout(() => void this.look(), DELAY).unref();
  }

  /** Reports what waits. What the server does not answer about within 2 s is reported all the same, as unknown. */
  async settle(): Promise<void> {
    clearTimeout(this.timer);
    const timer = setTimeout(() => this.late.abort(), LONGEST_SETTLE);
    await this.look();
    clearTimeout(timer);
  }

  private look(): Promise<void> {
    this.timer = undefined;
    const failures = this.waiting;
    this.waiting = [];
    this.looking = this.looking.then(() => this.report(failures));
    return this.looking;
  }

  private async report(failures: readonly Failure[]): Promise<void> {
    const senders = await this.sendersOf(failures.filter(({ isMarked: marked }) => !marked));
    for (const failure of failures) {
      const sender = failure.isMarked ? 'message' : senders.get(failure.info.invocationId);
      if (sender === 'message') this.reportMessage(failure);
      else if (sender === 'unknown') this.reportUnknown(failure);
    }
    const { dropped } = this;
    if (dropped > 0)
      this.line(() => this.logger.warn(`REA7062: ${dropped} more invocations failed for good at once.`), dropped);
    this.dropped = 0;
  }

  private async sendersOf(failures: readonly Failure[]): Promise<ReadonlyMap<string, Sender>> {
    const ids = failures.map(({ info }) => info.invocationId);
    try {
      const senders = new Map<string, Sender>();
      for (let from = 0; this.admin && from < ids.length; from += ASKED_AT_ONCE) {
        const found = await findSenders(this.admin, ids.slice(from, from + ASKED_AT_ONCE), this.late.signal);
        for (const [id, sender] of found) senders.set(id, sender);
      }
      if (this.admin) return senders;
    } catch {
      // Whoever watches the admin API reports that it does not answer.
    }
    return new Map(ids.map((id) => [id, 'unknown']));
  }

  private reportMessage({ info, error }: Failure): void {
    this.events.publish('message-failed', () => ({ ...info, error }));
    this.line(() =>
      this.logger.error(
        `REA7061: A message to ${describe(info)} failed for good: ${textOf(error)}. It was sent one way, so nobody gets this error, and it is not tried again. Fix the cause and send it again; handle the error in the handler if it is expected.`,
      ),
    );
  }

  private reportUnknown({ info, error }: Failure): void {
    const place = `${info.service}/${info.handler}`;
    // Without an admin API each refused call would be a warning.
    if (!this.admin && this.logged.has(place)) return;
    this.logged.add(place);
    this.line(() =>
      this.logger.warn(
        `REA7062: ${describe(info)} failed for good: ${textOf(error)}. If it was sent one way, nobody gets this error. Set server.adminUrl, and keep the journals of callers, so that messages can be told apart from calls.`,
      ),
    );
  }

  /** @param failures that it is about */
  private line(log: () => void, failures = 1): void {
    const minute = Math.floor(Date.now() / 60_000);
    if (minute !== this.minute) {
      if (this.unlogged > 0)
        this.logger.warn(`REA7062: ${this.unlogged} more invocations failed for good in a minute.`);
      [this.minute, this.lines, this.unlogged] = [minute, 0, 0];
    }
    this.lines += 1;
    if (this.lines > LINES_PER_MINUTE) this.unlogged += failures;
    else log();
  }
}

/** Longest message of an error in a line, in characters. */
const LONGEST = 500;

function textOf({ code, message }: Failure['error']): string {
  return `${code} ${message.slice(0, LONGEST).replace(/\.$/, '')}`;
}

function isMarked({ headers }: Request): boolean {
  return headers.get(ONE_WAY_HEADER) !== undefined;
}

function describe({ service, handler, key, invocationId }: HandlerInfo): string {
  return `${service}/${handler}${key === undefined ? '' : ` (${JSON.stringify(key)})`}, ${invocationId},`;
}
