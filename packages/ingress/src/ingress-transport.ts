import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  PolicyService,
  PolicyViolationError,
  REA_OPTIONS,
  type ReaModuleOptions,
  ReaOptionsError,
  RestateConnection,
  type RuleId,
} from '@rea/core';
import { connect, type Ingress, type IngressCallOptions as SdkCallOptions } from '@restatedev/restate-sdk-clients';
import { currentScope, ShutdownGrace } from '@rea/core/internal';
import { IngressShutdownException } from './ingress.exceptions.js';
import { INGRESS_OPTIONS, type IngressModuleOptions } from './ingress.options.js';
import { toIngressException, toRefusal } from './ingress-errors.js';

type RequestOptions = Pick<SdkCallOptions, 'timeout' | 'signal'>;

/** The connection to one ingress: the SDK's client, its errors made into Nest exceptions. */
@Injectable()
export class IngressTransport {
  readonly ingress: Ingress;
  readonly namespace: string | undefined;
  private readonly url: string;
  private readonly timeout: number | undefined;
  private readonly shutdown = new AbortController();
  private pending = 0;
  private idle: (() => void) | undefined;

  constructor(
    @Inject(INGRESS_OPTIONS) options: IngressModuleOptions,
    @Optional() @Inject(RestateConnection) connection: RestateConnection | undefined,
    @Optional() @Inject(PolicyService) private readonly policy: PolicyService | undefined,
    @Optional() @Inject(REA_OPTIONS) rea: ReaModuleOptions | undefined,
    @Optional() @Inject(ShutdownGrace) grace: ShutdownGrace | undefined,
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
    this.ingress = connect({
      url: this.url,
      headers: { ...(options.headers ?? connection?.headers) },
      retry: options.retry ?? true,
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

  /** Runs a request. @throws IngressException for whatever goes wrong @param what for messages: `Cart call.addItem` */
  async request<T>(what: string, send: (ingress: Ingress) => Promise<T>): Promise<T> {
    const scope = currentScope();
    if (scope?.attempt.active && scope.closed === undefined) scope.attempt.report('ingress-in-handler', `${what}()`);
    this.pending += 1;
    try {
      return await send(this.ingress);
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
