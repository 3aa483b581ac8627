import type { WorkflowOutput } from '@rea/core';
import type { Serde } from '@restatedev/restate-sdk';
import { NOT_READY } from './ingress-answer.js';
import type { IngressAttachOptions } from './ingress-client.types.js';
import { InvocationFailedException } from './ingress.exceptions.js';
import { decode } from './ingress-payload.js';
import type { IngressTransport } from './ingress-transport.js';

/** The result of one invocation, by a path of the ingress that names it. */
export class IngressResult {
  /** @param what for messages: `Order` @param path without `/attach` @param serde unless a call has its own */
  constructor(
    private readonly transport: IngressTransport,
    private readonly what: string,
    private readonly path: string,
    private readonly serde?: Serde<unknown>,
  ) {}

  /** Waits for it. @throws IngressException; with status 404 when there is no such invocation */
  async attach(options: IngressAttachOptions = {}): Promise<unknown> {
    const what = `${this.what} attach`;
    try {
      const path = `${this.path}/attach`;
      const { body } = await this.transport.request({ what, method: 'GET', path, bounds: options, repeatable: true });
      return decode(what, body, options.output ?? this.serde);
    } catch (error) {
      // For what is not known the ingress answers as if a handler had failed with 404; asked for the output it tells the truth.
      if (error instanceof InvocationFailedException && error.getStatus() === 404) await this.output(options);
      throw error;
    }
  }

  /** Tells it if it is there. @throws IngressException as {@link attach} */
  async output(options: IngressAttachOptions = {}): Promise<WorkflowOutput<unknown>> {
    const what = `${this.what} output`;
    const path = `${this.path}/output`;
    const request = { what, method: 'GET', path, bounds: options, repeatable: true, expected: NOT_READY } as const;
    const { status, body } = await this.transport.request(request);
    if (status === NOT_READY) return { ready: false };
    return { ready: true, result: decode(what, body, options.output ?? this.serde) };
  }
}
