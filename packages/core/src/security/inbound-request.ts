/** A request to the endpoint, as any runtime delivers it. */
export interface InboundRequest {
  /** The path that the SDK will route by. */
  readonly path: string;
  /** The address at the other end of the connection; undefined where the runtime does not tell. */
  readonly peer: string | undefined;
  /** Whether that connection is encrypted. */
  readonly encrypted: boolean;
  /** The body; it is read once. */
  readonly body: AsyncIterator<Uint8Array, undefined>;
  /** A header, by its lower-case name. */
  header(name: string): string | undefined;
}

/** The path of a URL, which may be absolute, by the rules that the SDK has. */
export function pathOf(url: string | undefined): string {
  return new URL(url ?? '/', 'https://endpoint.invalid').pathname;
}
