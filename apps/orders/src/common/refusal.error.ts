import { TerminalError } from '@restatedev/restate-sdk';

/** Why an order comes to nothing. */
export const REFUSALS = ['out-of-stock', 'payment-declined', 'cancelled', 'undeliverable'] as const;
export type Refusal = (typeof REFUSALS)[number];

const METADATA_KEY = 'orders.refusal';

/**
 * A business failure: final, so it is never retried. A subclass does not survive the way from the called handler to
 * its caller, metadata does; that is where the kind of refusal travels.
 */
export abstract class RefusalError extends TerminalError {
  constructor(refusal: Refusal, message: string, errorCode: number) {
    super(message, { errorCode, metadata: { [METADATA_KEY]: refusal } });
  }
}

/** The kind of refusal that an error stands for, also one that came from another handler. */
export function refusalOf(error: TerminalError): Refusal | undefined {
  return REFUSALS.find((refusal) => refusal === error.metadata?.[METADATA_KEY]);
}
