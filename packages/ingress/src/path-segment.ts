import { checkKey } from '@rea/core/internal';
import { InvalidKeyException } from './ingress.exceptions.js';

/**
 * A text as one segment of a URL's path.
 *
 * @param of for the message: what it is, or is the key of
 * @throws InvalidKeyException (400, REA3001) when it is empty, too long, or what URLs take for a path
 */
export function pathSegment(text: string, of: string): string {
  try {
    return encodeURIComponent(checkKey(text, of));
  } catch (error) {
    throw new InvalidKeyException((error as Error).message);
  }
}
