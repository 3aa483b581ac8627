import { Inject, Injectable, Optional } from '@nestjs/common';
import { PolicyService, REA_OPTIONS, type ReaModuleOptions, ReaOptionsError, RestateConnection } from '@rea/core';
import { connect, type Ingress, type IngressCallOptions as SdkCallOptions } from '@restatedev/restate-sdk-clients';
import { INGRESS_OPTIONS, type IngressModuleOptions } from './ingress.options.js';
import { toIngressException } from './ingress-errors.js';

type RequestOptions = Pick<SdkCallOptions, 'timeout' | 'signal'>;

/** The connection to one ingress: the SDK's client, its errors made into Nest exceptions. */
@Injectable()
export class IngressTransport {
  readonly ingress: Ingress;
  readonly namespace: string | undefined;
  private readonly url: string;
  private readonly timeout: number | undefined;

  constructor(
    @Inject(INGRESS_OPTIONS) options: IngressModuleOptions,
    @Optional() @Inject(RestateConnection) connection: RestateConnection | undefined,
    @Optional() @Inject(PolicyService) readonly policy: PolicyService | undefined,
    @Optional() @Inject(REA_OPTIONS) rea: ReaModuleOptions | undefined,
  ) {
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

  /** The wait's bound: the call's, else the module's. The SDK takes a timeout or a signal, not both. */
  bound({ timeout = this.timeout, signal }: RequestOptions): RequestOptions {
    if (signal && timeout !== undefined) return { signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]) };
    if (signal) return { signal };
    return timeout === undefined ? {} : { timeout };
  }

  /** Runs a request. @throws IngressException for whatever goes wrong @param what for messages: `Cart call.addItem` */
  async request<T>(what: string, send: (ingress: Ingress) => Promise<T>): Promise<T> {
    try {
      return await send(this.ingress);
    } catch (error) {
      throw toIngressException(error, what, this.url);
    }
  }
}
