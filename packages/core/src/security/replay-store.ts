/**
 * A memory of served requests that several replicas share, for example a Redis.
 *
 * When {@link remember} throws, the request is answered with 503, which the Restate server retries: in mode `strict` no
 * request is served unremembered.
 */
export interface ReplayStore {
  /**
   * Remembers a request. It has to be one atomic step: of two replicas that ask for the same id at once, one gets `true`.
   *
   * @param id identifies the request: 43 characters
   * @param until when it may be forgotten
   * @returns whether the id was new
   */
  remember(id: string, until: Date): boolean | Promise<boolean>;
}
