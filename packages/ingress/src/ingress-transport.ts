import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import {
  PolicyService,
  PolicyViolationError,
  ReaEvents,
  REA_OPTIONS,
  type IngressOutcome,
  type ReaEventMap,
  type ReaModuleOptions,
  ReaOptionsError,
  RestateConnection,
  type RuleId,
} from '@rea/core';
import { connect, type Ingress, type IngressCallOptions as SdkCallOptions } from '@restatedev/restate-sdk-clients';
import {
  currentScope,
  INSTRUMENTATION,
  type Instrumentation,
  secretHeadersOf,
  secretsAmong,
  ShutdownGrace,
} from '@rea/core/internal';
import { IngressShutdownException } from './ingress.exceptions.js';
import type { IngressReadOptions } from './ingress-client.types.js';
import { INGRESS_OPTIONS, type IngressModuleOptions } from './ingress.options.js';
import { ingressOutcomeOf, toIngressException, toRefusal } from './ingress-errors.js';

/** What a request asks for, as its event tells it. */
export type Asked = Omit<ReaEventMap['ingress-called'], 'outcome' | 'durationMs' | 'duplicate'>;

type RequestOptions = Pick<SdkCallOptions, 'timeout' | 'signal'>;

/** The connection to one ingress: the SDK's client, its errors made into Nest exceptions. */
@Injectable()
export class IngressTransport {
  readonly ingress: Ingress;
  readonly namespace: string | undefined;
  private readonly url: string;
  private readonly timeout: number | undefined;
  private readonly logger = new Logger('Rea');
  private readonly secretHeaders: ReadonlySet<string>;
  /** What has been told: each header of each place once. */
  private readonly told = new Set<string>();
  private readonly shutdown = new AbortController();
  private pending = 0;
  private idle: (() => void) | undefined;

  constructor(
    @Inject(INGRESS_OPTIONS) options: IngressModuleOptions,
    @Optional() @Inject(RestateConnection) connection: RestateConnection | undefined,
    @Optional() @Inject(PolicyService) private readonly policy: PolicyService | undefined,
    @Optional() @Inject(REA_OPTIONS) rea: ReaModuleOptions | undefined,
    @Optional() @Inject(ShutdownGrace) grace: ShutdownGrace | undefined,
    @Optional() @Inject(ReaEvents) private readonly events: ReaEvents | undefined,
    @Optional() @Inject(INSTRUMENTATION) private readonly instrumentation: Instrumentation | undefined,
  ) {
    grace?.register((timeout) => this.settle(timeout));
    const url = options.url ?? connection?.ingressUrl;
    if (url === undefined) {
      throw new ReaOptionsError(
        'url of IngressModule',
        'is missing, and there is no ReaModule to take it from. Import ReaModule, or set IngressModule.forRoot({ url }).',
      );
    }
    // The SDK's client joins paths to the URL with a slash of its own.
    this.url = url.replace(/\/+$/, '');
    this.timeout = options.timeout;
    this.namespace = rea?.namespace;
    this.secretHeaders = secretHeadersOf({ secretHeaders: options.secretHeaders ?? rea?.secretHeaders ?? [] });
    this.ingress = connect({
      url: this.url,
      headers: { ...(options.headers ?? connection?.headers) },
      retry: options.retry ?? true,
      ...(instrumentation?.headers ? { fetch: withHeaders(() => instrumentation.headers?.() ?? {}) } : {}),
    });
  }

  /** Lets a guardrail fire, where there is a policy. @throws what `toRefusal` makes of it when the policy refuses */
  report(rule: RuleId, finding: { readonly place: string; readonly what: string; readonly deed?: string }): void {
    try {
      this.policy?.report(rule, finding);
    } catch (error) {
      throw error instanceof PolicyViolationError ? toRefusal(error) : error;
    }
  }

  /** What ends a wait: the call's timeout or signal, the module's timeout, or the application's shutdown. */
  bound({ timeout = this.timeout, signal }: RequestOptions): { readonly signal: AbortSignal } {
    const signals = [this.shutdown.signal];
    if (signal) signals.push(signal);
    if (timeout !== undefined) signals.push(AbortSignal.timeout(timeout));
    return { signal: signals.length === 1 ? this.shutdown.signal : AbortSignal.any(signals) };
  }

  /** The headers of a request without those that hold secrets: the ingress would write them into the journal. */
  journaled(what: string, options: IngressReadOptions): { readonly headers?: Record<string, string> } {
    const { headers, allowSecretHeaders } = options;
    if (!headers) return {};
    const secrets = secretsAmong(headers, this.secretHeaders, allowSecretHeaders);
    for (const name of secrets) this.tellOnce(what, name);
    return { headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !secrets.includes(name))) };
  }

  /**
   * Runs a request, and tells how it ended.
   *
   * @param what for messages: `Cart call.addItem`
   * @throws IngressException for whatever goes wrong
   */
  async request<T>(what: string, asked: Asked, send: (ingress: Ingress) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const tell = (outcome: IngressOutcome, answer?: unknown) =>
      this.events?.publish('ingress-called', () => ({
        ...asked,
        outcome,
        durationMs: performance.now() - startedAt,
        ...(asked.verb === 'send' && isDuplicate(answer) ? { duplicate: true } : {}),
      }));
    try {
      const answer = await this.send(what, send);
      tell('answered', answer);
      return answer;
    } catch (error) {
      const outcome = ingressOutcomeOf(error);
      if (outcome) tell(outcome);
      throw error;
    }
  }

  private async send<T>(what: string, send: (ingress: Ingress) => Promise<T>): Promise<T> {
    const scope = currentScope();
    if (scope?.attempt.active && scope.closed === undefined) scope.attempt.report('ingress-in-handler', `${what}()`);
    this.pending += 1;
    try {
      return await this.observed(what, () => send(this.ingress));
    } catch (error) {
      if (this.shutdown.signal.aborted) throw new IngressShutdownException(what);
      throw toIngressException(error, what, this.url);
    } finally {
      this.pending -= 1;
      if (this.pending === 0) this.idle?.();
    }
  }

  /** Ends all waits with 503: handlers of this application run no longer, and what waits for them would wait for ever. */
  abort(): void {
    this.shutdown.abort();
  }

  private tellOnce(what: string, name: string): void {
    const key = `${what} ${name}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    this.logger.warn(
      `${what} was sent without the header "${name}": Restate would keep it in the journal. If it has to be there, allow it: { allowSecretHeaders: ['${name}'] }.`,
    );
  }

  private observed<T>(what: string, send: () => Promise<T>): Promise<T> {
    return this.instrumentation?.request?.(what, send) ?? send();
  }

  private async settle(timeout: number): Promise<void> {
    if (this.pending === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** A `fetch` that adds headers of its own to each request. */
function withHeaders(more: () => Readonly<Record<string, string>>): typeof fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers);
    for (const [name, value] of Object.entries(more())) headers.set(name, value);
    return fetch(input, { ...init, headers });
  };
}

/** Whether the ingress knew the message already. */
function isDuplicate(answer: unknown): boolean {
  return (answer as { readonly status?: unknown } | undefined)?.status === 'PreviouslyAccepted';
}
