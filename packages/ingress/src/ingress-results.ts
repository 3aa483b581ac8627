import type { WorkflowOutput } from '@rea/core';
import type { Serde } from '@restatedev/restate-sdk';
import { NOT_READY } from './ingress-answer.js';
import type { IngressAttachOptions } from './ingress-client.types.js';
import { decode } from './ingress-payload.js';
import type { IngressRequest } from './ingress-request.js';
import type { IngressTransport } from './ingress-transport.js';

/** Which invocation a result is of: a path of the ingress, or what is posted to it, where paths cannot carry the name. */
export type ResultOf = { readonly path: string } | { readonly target: Readonly<Record<string, string>> };

/** The result of one invocation. */
export class IngressResult {
  /** @param what for messages: `Order` @param serde unless a call has its own */
  constructor(
    private readonly transport: IngressTransport,
    private readonly what: string,
    private readonly of: ResultOf,
    private readonly serde?: Serde<unknown>,
    /** For its events: without it there are none. Its verb is that of waiting; default `attach`. */
    private readonly asked?: { readonly service: string; readonly handler: string; readonly verb?: 'result' },
  ) {}

  /** Waits for it. @throws IngressException; with status 404 when there is no such invocation */
  async attach(options: IngressAttachOptions = {}): Promise<unknown> {
    const request = this.request('attach', options);
    // For what is not known the ingress answers as if a handler had failed with 404; asked for the output it tells the truth.
    const ifNotFound = { ...this.request('output', options), expected: NOT_READY };
    const { body } = await this.transport.request({ ...request, ifNotFound });
    return decode(request.what, body, options.output ?? this.serde);
  }

  /** Tells it if it is there. @throws IngressException as {@link attach} */
  async output(options: IngressAttachOptions = {}): Promise<WorkflowOutput<unknown>> {
    const request = this.request('output', options);
    const { status, body } = await this.transport.request({ ...request, expected: NOT_READY });
    if (status === NOT_READY) return { ready: false };
    return { ready: true, result: decode(request.what, body, options.output ?? this.serde) };
  }

  private request(verb: 'attach' | 'output', bounds: IngressAttachOptions): IngressRequest {
    const asked = this.asked && { ...this.asked, verb: verb === 'attach' ? (this.asked.verb ?? verb) : verb };
    const common = { what: `${this.what} ${verb}`, asked, bounds, repeatable: true };
    if ('path' in this.of) return { ...common, method: 'GET', path: `${this.of.path}/${verb}` };
    const headers = { 'content-type': 'application/json' };
    return { ...common, method: 'POST', path: `/restate/${verb}`, headers, body: JSON.stringify(this.of.target) };
  }
}
