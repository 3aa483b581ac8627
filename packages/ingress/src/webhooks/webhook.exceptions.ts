import { HttpStatus } from '@nestjs/common';
import { IngressException } from '../ingress.exceptions.js';

/** A delivery that is not signed, not by the provider, or too long ago: 401. What exactly is an event, and not told. */
export class WebhookRefusedException extends IngressException {
  constructor() {
    super({
      statusCode: HttpStatus.UNAUTHORIZED,
      code: 'REA4011',
      message: 'REA4011: The delivery is not signed by the provider, or not recently.',
    });
  }
}

/** The same delivery is being handled at the moment: 409, so that the provider sends it again if that comes to nothing. */
export class WebhookBusyException extends IngressException {
  constructor() {
    super({
      statusCode: HttpStatus.CONFLICT,
      code: 'REA4012',
      message: 'REA4012: This delivery is being handled already. Send it again later.',
    });
  }
}

/** A signed delivery without an id, which cannot be told from others: 400. */
export class WebhookWithoutIdException extends IngressException {
  constructor() {
    super({
      statusCode: HttpStatus.BAD_REQUEST,
      code: 'REA4013',
      message: 'REA4013: The delivery has no id, so it cannot be told whether it has been handled.',
    });
  }
}
