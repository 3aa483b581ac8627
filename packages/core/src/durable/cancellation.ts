import type { TerminalError } from '@restatedev/restate-sdk';

/** The end of a wait that has come or may come, with a signal for who asks. */
export class Cancellation {
  private reason: TerminalError | undefined;
  private controller: AbortController | undefined;

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.reason) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  cancel(reason: TerminalError): void {
    this.reason = reason;
    this.controller?.abort(reason);
  }
}
