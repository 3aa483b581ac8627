/**
 * Where the Restate server of this application is. With an embedded server the URLs are known once it runs, which is
 * before any provider that injects this class is created.
 */
export abstract class RestateConnection {
  /** Where calls go in, without a trailing slash. */
  abstract readonly ingressUrl: string;
  /** The admin API, without a trailing slash; undefined when it was not configured. */
  abstract readonly adminUrl: string | undefined;
  /** Headers for both, for example an authorization. */
  abstract readonly headers: Readonly<Record<string, string>>;
}
