import { Module } from '@nestjs/common';
import { ApiKeyRing } from './api-key-ring.service.js';

/** Who may do what. Modules with guarded controllers import it. */
@Module({ providers: [ApiKeyRing], exports: [ApiKeyRing] })
export class AccessModule {}
