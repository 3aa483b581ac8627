import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { ApiKeyRing } from './api-key-ring.service.js';
import type { IdentifiedRequest } from './caller.js';

/** Lets requests with an API key pass: `Authorization: Bearer <key>`. */
@Injectable()
export class CallersOnly implements CanActivate {
  constructor(private readonly keys: ApiKeyRing) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<IdentifiedRequest>();
    const [, key] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? [];
    const caller = key === undefined ? undefined : this.keys.find(key);
    if (!caller) {
      http.getResponse<ServerResponse>().setHeader('www-authenticate', 'Bearer');
      throw new UnauthorizedException('Send an API key: Authorization: Bearer <key>.');
    }
    request.caller = caller;
    return true;
  }
}
