/** Sends a JSON body and gives the answer's text. */
export type Exchange = (path: string, body: string) => Promise<string>;

/** A way to reach the ingress, for the comparison. */
export interface Candidate {
  readonly name: string;
  readonly exchange: Exchange;
  close(): void;
}
