import type { WorkflowOutput } from '@rea/core';
import type { IngressAttachOptions, IngressBounds } from './ingress-client.types.js';
import { IngressResult } from './ingress-results.js';
import { pathSegment } from './path-segment.js';
import type { IngressTransport } from './ingress-transport.js';

/** One invocation, by its id. */
export class IngressInvocation<Output> {
  private readonly result: IngressResult;

  /** @throws InvalidKeyException (400) when the id can be none */
  constructor(
    /** As `send` and `submit` give it: `inv_...`. */
    readonly id: string,
    private readonly transport: IngressTransport,
  ) {
    const path = `/restate/invocation/${pathSegment(id, 'an invocation')}`;
    this.result = new IngressResult(transport, `invocation ${id}`, { path });
  }

  /**
   * Waits for the result. Restate keeps it for calls with an idempotency key and for workflows.
   *
   * @throws an exception with status 404 when there is no such invocation, or nothing is kept of it
   */
  async attach(options?: IngressAttachOptions): Promise<Output> {
    return (await this.result.attach(options)) as Output;
  }

  /** The result, without waiting for it. @throws an exception with status 404 as {@link attach} */
  async output(options?: IngressAttachOptions): Promise<WorkflowOutput<Output>> {
    return (await this.result.output(options)) as WorkflowOutput<Output>;
  }

  /**
   * Cancels it: its handler gets a `CancelledError` where it waits, and can undo what it has done. It resolves when
   * Restate has taken the request, which is before the handler has ended. An invocation whose attempts fail, or that is
   * paused, is tried again at once; then it resolves when the cancellation has taken effect. Needs the admin API.
   *
   * @throws IngressRefusedException with status 404 when there is no such invocation, 409 when it has ended, 504
   *   (`REA7060`) when it goes on failing and the cancellation has taken no effect within 5 s
   */
  cancel(options: IngressBounds = {}): Promise<void> {
    return this.transport.end(this.id, 'cancel', options);
  }

  /**
   * Kills it: its handler runs no further, and undoes nothing. For what cannot be cancelled. Needs the admin API.
   *
   * @throws IngressRefusedException as {@link cancel}
   */
  kill(options: IngressBounds = {}): Promise<void> {
    return this.transport.end(this.id, 'kill', options);
  }
}
