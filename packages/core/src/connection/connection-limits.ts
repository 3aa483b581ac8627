/** How long connections to the Restate server may take for what. In milliseconds. */
export interface ConnectionLimits {
  /** After so long without a word a connection is closed, or, when answers are waited for, asked whether it lives. */
  readonly silence: number;
  /** How long a connection may take to answer that it lives, and a new one to be made and to speak. */
  readonly patience: number;
}

export const LIMITS: ConnectionLimits = { silence: 4_000, patience: 5_000 };

export function notConnected({ patience }: ConnectionLimits): Error {
  return new Error(`There was no connection within ${patience} ms.`);
}
