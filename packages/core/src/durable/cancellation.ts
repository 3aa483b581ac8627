import { CancelledError } from '@restatedev/restate-sdk';

/** A cancellation that has come or may come, with a signal for who asks. */
export class Cancellation {
  private cancelled = false;
  private controller: AbortController | undefined;

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.cancelled) this.controller.abort(new CancelledError());
    }
    return this.controller.signal;
  }

  cancel(): void {
    this.cancelled = true;
    this.controller?.abort(new CancelledError());
  }
}
