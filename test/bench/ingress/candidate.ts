/** A way to reach the ingress, for the comparison. */
export interface Candidate {
  readonly name: string;
  /** Sends a JSON body and gives the answer's text. */
  send(path: string, body: string): Promise<string>;
  close(): void;
}
