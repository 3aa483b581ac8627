import { ReaError } from '@rea/core';

/** A signed webhook is set up in a way that cannot work. The caller gets a plain 500; the log gets this. */
export class WebhookSetupError extends ReaError {
  constructor(
    readonly code: 'REA4010' | 'REA4014' | 'REA1051',
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}
