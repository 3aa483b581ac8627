import type { IncomingMessage } from 'node:http';
import { BadRequestException, createParamDecorator, type ExecutionContext } from '@nestjs/common';

const LONGEST = 200;

/** The `Idempotency-Key` header: the client's word that two requests are one and the same. */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext): string | undefined => {
  const key = context.switchToHttp().getRequest<IncomingMessage>().headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || key === '' || key.length > LONGEST) {
    throw new BadRequestException(`The header Idempotency-Key has to have 1 to ${LONGEST} characters.`);
  }
  return key;
});
