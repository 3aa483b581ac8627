import type { Http2ServerRequest } from 'node:http2';

/**
 * Ends the input of a request from this side, also for a read that is waiting. What the server sends afterwards is
 * dropped. The SDK then suspends the invocation at its next await; an effect that runs is finished and journaled first.
 * The server resumes it elsewhere, without a failed attempt.
 */
export function drain(request: Http2ServerRequest): void {
  request.push(null);
  request.push = () => true;
}
