/** The load cannot go on, and the message says all there is to know. */
export class LoadError extends Error {
  override name = 'LoadError';
}
