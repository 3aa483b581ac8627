import type { Http2Server } from 'node:http2';
import type { SubjectId } from '../subjects/subject.js';
import { endpointPath, type Workload, WORKLOADS } from '../workload.js';
import { FedExchange, type FedInvocation } from './fed-exchange.js';
import { runOf } from './frames.js';
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
      const url = endpointPath(subject, workload);
      return {
        url,
        headers: { ...headers, ':path': url },
        opening: Buffer.from(opening, 'base64'),
        acknowledgements: new Map(
          acknowledgements.map((text) => Buffer.from(text, 'base64')).map((frame) => [runOf(frame), frame]),
        ),
      };
    };
    this.invocations = Object.fromEntries(
      WORKLOADS.map((workload) => [workload, invocation(workload)]),
    ) as typeof this.invocations;
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
