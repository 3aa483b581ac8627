import type { ReaEventMap, ReaEvents } from '@rea/core';
import type { EndpointState, Instrumentation, RequestWatch, ServedFormats } from '@rea/core/internal';
import type { IngressBounds } from './ingress-client.types.js';

/** What a request asks for, as its event tells it. */
export type Asked = Omit<ReaEventMap['ingress-called'], 'outcome' | 'durationMs' | 'duplicate'>;

/** Who is told of the requests. */
export interface IngressWatchers {
  readonly events: ReaEvents | undefined;
  readonly instrumentation: Instrumentation | undefined;
  readonly watch?: RequestWatch | undefined;
}

/** What this application serves. */
export interface OwnEndpoint {
  readonly endpoint?: EndpointState | undefined;
  readonly formats?: ServedFormats | undefined;
}

/** What is sent to the ingress. */
export interface IngressMessage {
  /** For messages: `Cart call.addItem`. */
  readonly what: string;
  readonly method: 'GET' | 'POST';
  /** Of the URL, with its slash, its parts encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | string;
  /** Whether it may be sent again: it has an idempotency key, or needs none. */
  readonly repeatable: boolean;
  /** A status beside 2xx that is an answer, and no error. */
  readonly expected?: number;
}

/** One request to the ingress. */
export interface IngressRequest extends IngressMessage {
  /** For its event; without it there is none. */
  readonly asked?: Asked | undefined;
  readonly bounds: IngressBounds;
  /** Whether the guardrail on ingress clients in handlers was asked already. */
  readonly isAdmitted?: boolean;
  /** Sent when a handler seems to have failed with 404, within the same bounds and event: what it fails with is the truth. */
  readonly ifNotFound?: IngressMessage;
}
