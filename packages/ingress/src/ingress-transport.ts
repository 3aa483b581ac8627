import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Serde } from '@restatedev/restate-sdk';
import { type IngressOutcome, type PolicyService, PolicyViolationError, type RuleId } from '@rea/core';
import {
  AdminClient,
  cancelInvocation,
  currentScope,
  exchange,
  type HttpAnswer,
  isPlainJson,
  lossIn,
  secretHeadersOf,
  secretsAmong,
  messageOf,
  type NameScope,
  type ServedFormats,
  unlessAborted,
} from '@rea/core/internal';
import type { IngressBounds, IngressReadOptions } from './ingress-client.types.js';
import { isKnown, isSuccess } from './ingress-answer.js';
import { checkedTimeout } from './ingress-durations.js';
import { fromAnswer, fromFailure, ingressOutcomeOf, isUnsendable, toRefusal } from './ingress-errors.js';
import {
  EndpointNotOpenException,
  IngressHeadersException,
  IngressMisuseException,
  IngressShutdownException,
  IngressUnavailableException,
  InvocationFailedException,
  UnsendableHeaderException,
} from './ingress.exceptions.js';
import type { IngressConnectionOptions } from './ingress.options.js';
import type { Asked, IngressMessage, IngressRequest, IngressWatchers, OwnEndpoint } from './ingress-request.js';
import { isUnregistered, refuseUnserved } from './unserved.js';
import { JSON_FORMAT } from './ingress-payload.js';
import { isTransient, type RetryPolicy, retryPolicyOf, waitBefore } from './ingress-retry.js';
import { type AddressedRun, findRun } from './workflow-run.js';

/** In the path of a message that is delivered later; in a key it would be encoded. */
const DELAYED = '/send?delay=';

/** The connection to one ingress: requests with their bounds, retries and guardrails; errors as Nest exceptions. */
export class IngressTransport {
  readonly url: string;
  /** What stands in the names of components. */
  readonly names: NameScope;
  private readonly retry: RetryPolicy | undefined;
  private readonly logger = new Logger('Rea');
  private readonly secretHeaders: ReadonlySet<string>;
  /** What has been told: each header of each place once. */
  private readonly told = new Set<string>();
  private readonly shutdown = new AbortController();
  private pending = 0;
  private idle: (() => void) | undefined;

  constructor(
    private readonly options: IngressConnectionOptions & { readonly url: string },
    private readonly policy: PolicyService | undefined,
    private readonly watchers: IngressWatchers,
    /** Name of the application whose built-in components are asked. */
    application?: string | false,
    /** Of this application, where the connection reaches what it serves. */
    private readonly own: OwnEndpoint = {},
  ) {
    this.url = options.url.replace(/\/+$/, '');
    this.names = { namespace: options.namespace, name: application };
    this.secretHeaders = secretHeadersOf({ secretHeaders: options.secretHeaders ?? [] });
    this.retry = retryPolicyOf(options.retry);
  }

  /** Of the components that this application serves there; undefined for another server's. */
  get formats(): ServedFormats | undefined {
    return this.own.formats;
  }

  /** Lets a guardrail fire, where there is a policy. @throws what `toRefusal` makes of it when the policy refuses */
  report(rule: RuleId, finding: { readonly place: string; readonly what: string; readonly deed?: string }): void {
    try {
      this.policy?.report(rule, finding);
    } catch (error) {
      throw error instanceof PolicyViolationError ? toRefusal(error) : error;
    }
  }

  /** Lets the guardrail on what JSON loses fire. @throws as {@link report} */
  checkLoss(what: string, value: unknown, format: Serde<unknown> = JSON_FORMAT): void {
    if (!this.policy?.watchesValues || !isPlainJson(format)) return;
    const loss = lossIn(value);
    if (loss === undefined) return;
    this.report('lossy-value', { place: what, what: `an input that has ${loss}`, deed: 'a lossy input' });
  }

  /** The headers of a request without those that hold secrets: the ingress would write them into the journal. */
  journaled(what: string, options: IngressReadOptions): Readonly<Record<string, string>> {
    const { headers, allowSecretHeaders } = options;
    if (!headers) return {};
    const secrets = secretsAmong(headers, this.secretHeaders, allowSecretHeaders);
    for (const name of secrets) this.tellOnce(what, name);
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !secrets.includes(name)));
  }

  /** Sends a request and gives its answer. @throws IngressException for whatever goes wrong */
  async request(request: IngressRequest): Promise<HttpAnswer> {
    const { what, bounds, ifNotFound, isAdmitted } = request;
    const { endpoint } = this.own;
    if (endpoint && endpoint.phase !== 'ready') refuseUnserved(endpoint, request);
    const attempt = async (signal: AbortSignal) => {
      try {
        return await this.answer(request, signal);
      } catch (error) {
        if (endpoint && isUnregistered(endpoint, request, error)) throw new EndpointNotOpenException(what);
        const doubtful = error instanceof InvocationFailedException && error.getStatus() === 404;
        if (ifNotFound && doubtful) await this.answer(ifNotFound, signal, true);
        throw error;
      }
    };
    const send = () => this.guarded(what, bounds, attempt, isAdmitted);
    const { instrumentation, watch } = this.watchers;
    const answer = () => this.observed(request.asked, () => instrumentation?.request?.(what, send) ?? send());
    const { path, headers, body } = request;
    return watch ? watch({ ...request.asked, path, headers, body }, answer) : answer();
  }

  /** Ends an invocation by the admin API. @throws IngressException for whatever goes wrong */
  async end(invocationId: string, how: 'cancel' | 'kill', bounds: IngressBounds): Promise<void> {
    const what = `${how} of ${invocationId}`;
    await this.guarded(what, bounds, async (signal) => {
      const admin = await this.admin(what, signal);
      if (how === 'cancel') await cancelInvocation(admin, invocationId, signal);
      else await admin.end(invocationId, how, signal);
    });
  }

  /** Cancels a workflow's run by the admin API. @throws IngressException; with status 404 when the workflow is not known */
  async cancelRun(run: AddressedRun, bounds: IngressBounds): Promise<void> {
    const request = `cancel of ${run.what} ${JSON.stringify(run.id)}`;
    await this.guarded(request, bounds, async (signal) => {
      const admin = await this.admin(request, signal);
      await cancelInvocation(admin, await findRun(admin, run), signal);
    });
  }

  private async admin(what: string, signal: AbortSignal): Promise<AdminClient> {
    const { adminUrl } = this.options;
    if (adminUrl !== undefined) return new AdminClient(adminUrl.replace(/\/+$/, ''), await this.headers(signal));
    throw new IngressMisuseException(
      'REA4008',
      `REA4008: ${what} goes through the admin API, whose URL this connection does not have. Set adminUrl, on ReaModule's server or on IngressModule.`,
    );
  }

  /** Waits, at most the given milliseconds, until no request is under way. */
  async settle(timeout: number): Promise<void> {
    if (this.pending === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends all waits with 503: handlers of this application run no longer, and what waits for them would wait for ever. */
  abort(): void {
    this.shutdown.abort();
  }

  /** Tells how a request ended. */
  private async observed(asked: Asked | undefined, send: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
    const { events } = this.watchers;
    if (!asked || !events?.observes('ingress-called')) return send();
    const startedAt = performance.now();
    const tell = (outcome: IngressOutcome, answer?: HttpAnswer) =>
      events.publish('ingress-called', () => ({
        ...asked,
        outcome,
        durationMs: performance.now() - startedAt,
        ...(asked.verb === 'send' && answer && isKnown(answer) ? { duplicate: true } : {}),
      }));
    try {
      const answer = await send();
      tell('answered', answer);
      return answer;
    } catch (error) {
      const outcome = ingressOutcomeOf(error);
      if (outcome) tell(outcome);
      throw error;
    }
  }

  /** Lets the guardrail on ingress clients in handlers fire. @throws PolicyViolationError when the policy refuses */
  admit(what: string): void {
    const scope = currentScope();
    if (scope?.attempt.active && scope.closed === undefined) scope.attempt.report('ingress-in-handler', `${what}()`);
  }

  private async guarded<T>(
    what: string,
    bounds: IngressBounds,
    send: (signal: AbortSignal) => Promise<T>,
    isAdmitted = false,
  ): Promise<T> {
    if (!isAdmitted) this.admit(what);
    const signal = this.signalOf(what, bounds);
    this.pending += 1;
    try {
      return await send(signal);
    } catch (error) {
      if (this.shutdown.signal.aborted) throw new IngressShutdownException(what);
      throw fromFailure(error, signal, what, this.url);
    } finally {
      this.pending -= 1;
      if (this.pending === 0) this.idle?.();
    }
  }

  /** @param sent whether something of the same request was sent before */
  private async answer(message: IngressMessage, signal: AbortSignal, sent = false): Promise<HttpAnswer> {
    const answer = await this.attempts(message, signal, sent);
    if (isSuccess(answer) || answer.status === message.expected) return answer;
    throw fromAnswer(answer);
  }

  private async attempts(
    { what, method, path, headers, body, repeatable }: IngressMessage,
    signal: AbortSignal,
    sent: boolean,
  ) {
    const policy = repeatable ? this.retry : undefined;
    const began = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      let answer: HttpAnswer | undefined;
      let failure: unknown;
      const all = {
        ...(await this.headers(signal, sent || attempt > 1)),
        ...headers,
        ...this.watchers.instrumentation?.headers?.(path.includes(DELAYED)),
      };
      try {
        answer = await exchange(this.url + path, {
          method,
          headers: all,
          signal,
          ...(body === undefined ? {} : { body }),
        });
        if (!isTransient(answer)) return answer;
      } catch (error) {
        if (isUnsendable(error)) throw new UnsendableHeaderException(what, error);
        failure = error;
      }
      const wait = policy && !signal.aborted && waitBefore(policy, attempt, performance.now() - began, answer);
      if (typeof wait === 'number') await pause(wait, undefined, { signal });
      else if (answer) return answer;
      else throw failure;
    }
  }

  private async headers(signal: AbortSignal, sent = false): Promise<Readonly<Record<string, string>>> {
    const { headers = {} } = this.options;
    if (typeof headers !== 'function') return headers;
    try {
      return await unlessAborted(headers, signal);
    } catch (error) {
      signal.throwIfAborted();
      const reason = `The function headers of the connection to ${this.url} failed: ${messageOf(error)}.`;
      throw sent ? new IngressUnavailableException(reason, error) : new IngressHeadersException(reason, error);
    }
  }

  /** What ends a wait: the call's timeout or signal, the connection's timeout, or the application's shutdown. */
  private signalOf(what: string, { timeout = this.options.timeout, signal }: IngressBounds): AbortSignal {
    const signals = [this.shutdown.signal];
    if (signal) signals.push(signal);
    if (timeout !== undefined) signals.push(AbortSignal.timeout(checkedTimeout(what, timeout)));
    return signals.length === 1 ? this.shutdown.signal : AbortSignal.any(signals);
  }

  private tellOnce(what: string, name: string): void {
    const key = `${what} ${name}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    this.logger.warn(
      `${what} was sent without the header "${name}": Restate would keep it in the journal. If it has to be there, allow it: { allowSecretHeaders: ['${name}'] }.`,
    );
  }
}
