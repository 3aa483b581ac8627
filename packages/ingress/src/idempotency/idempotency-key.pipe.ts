import { Inject, Injectable, Optional, type PipeTransform } from '@nestjs/common';
import { idempotencyKey, PolicyService, PolicyViolationError } from '@rea/core';
import { findMalformedKey, malformedKeyMessage } from '@rea/core/internal';
import { InvalidKeyException, MissingIdempotencyKeyException } from '../ingress.exceptions.js';
import { toRefusal } from '../ingress-errors.js';
import { readKeyHeader } from './key-header.js';

/** What the decorator has found in a request. */
export interface ReceivedKey {
  readonly header: string | undefined;
  readonly required: boolean;
  /** Undefined when the key alone tells actions apart. */
  readonly fingerprint: string | undefined;
  /** The controller's method. */
  readonly place: string;
}

/**
 * Makes the key of what the decorator has found. The policy says what becomes of a malformed header, except where its text
 * cannot be a key: that is a 400.
 */
@Injectable()
export class IdempotencyKeyPipe implements PipeTransform<ReceivedKey, string | undefined> {
  constructor(@Optional() @Inject(PolicyService) private readonly policy: PolicyService | undefined) {}

  transform({ header, required, fingerprint, place }: ReceivedKey): string | undefined {
    if (header === undefined) {
      if (required) throw new MissingIdempotencyKeyException();
      return undefined;
    }
    const { key, problem } = readKeyHeader(header);
    if (problem !== undefined)
      this.report(place, `the header Idempotency-Key ${JSON.stringify(header)}, which ${problem},`);
    const malformed = findMalformedKey(key);
    if (malformed !== undefined) {
      throw new InvalidKeyException(malformedKeyMessage('this request', malformed), 'REA3021');
    }
    return fingerprint === undefined ? key : idempotencyKey(key, fingerprint);
  }

  private report(place: string, what: string): void {
    try {
      this.policy?.report('weak-key', { place, what, deed: 'a malformed Idempotency-Key header' });
    } catch (error) {
      throw error instanceof PolicyViolationError ? toRefusal(error) : error;
    }
  }
}
