import type { Http2Server } from 'node:http2';
import type { SubjectId } from '../subjects/subject.js';
import { handlerPath, type Workload } from '../workload.js';
import { FedExchange, type FedInvocation } from './fed-exchange.js';
import type { Recording } from './recording.js';

/** Invokes handlers of an endpoint in this process: its HTTP/2 server is handed requests that came over no connection. */
export class Feeder {
  private readonly invocations: Record<Workload, FedInvocation>;

  constructor(
    private readonly server: Http2Server,
    subject: SubjectId,
    recordings: Record<Workload, Recording>,
  ) {
    const invocation = (workload: Workload): FedInvocation => {
      const { headers, opening, acknowledgements } = recordings[workload];
      const url = `/invoke${handlerPath(subject, workload)}`;
      return {
        url,
        headers: { ...headers, ':path': url },
        opening: Buffer.from(opening, 'base64'),
        acknowledgements: acknowledgements.map((frame) => Buffer.from(frame, 'base64')),
      };
    };
    this.invocations = { greet: invocation('greet'), steps: invocation('steps') };
  }

  /** Runs invocations, one after the other. */
  async invoke(workload: Workload, times: number): Promise<void> {
    const invocation = this.invocations[workload];
    for (let count = 0; count < times; count += 1) {
      const exchange = new FedExchange(invocation);
      this.server.emit('request', exchange.request, exchange.response);
      await exchange.done;
    }
  }
}
