import type { IncomingHttpHeaders } from 'node:http2';

/** One invocation as the real server sent it, base64 so that it can be sent to a process. */
export interface Recording {
  readonly headers: IncomingHttpHeaders;
  readonly opening: string;
  readonly acknowledgements: readonly string[];
}
