/** How many dead letters are open. Provided by `SagaModule`, for who observes an application and does not know sagas. */
export abstract class OpenDeadLetters {
  /** @throws Error when the server cannot be asked */
  abstract count(): Promise<number>;
}
