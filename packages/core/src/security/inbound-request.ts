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

const BASE = 'https://endpoint.invalid';

/** A path, whatever follows: to parse a URL takes as long as much of what Rea does for an attempt. */
const PLAIN_PATH = /^\/\w/;

/** Whether a URL has a path by the rules that the SDK has: `//` has none. */
export function hasPath(url = '/'): boolean {
  return PLAIN_PATH.test(url) || pathOf(url) !== '';
}

/** The path of a URL, which may be absolute, by the rules that the SDK has; empty for what is no URL: `//`. */
export function pathOf(url = '/'): string {
  return URL.canParse(url, BASE) ? new URL(url, BASE).pathname : '';
}
