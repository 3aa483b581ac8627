import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Settings } from '../config/settings.js';
import type { Caller } from './caller.js';

/** The API keys of the settings. Looked up by their digest: how long it takes says nothing about a key. */
@Injectable()
export class ApiKeyRing {
  private readonly callers = new Map<string, Caller>();

  constructor(config: ConfigService<Settings, true>) {
    const add = (role: Caller['role'], setting: 'CUSTOMER_API_KEYS' | 'OPERATOR_API_KEYS') => {
      for (const { name, key } of config.get(setting, { infer: true })) this.callers.set(digest(key), { role, name });
    };
    add('customer', 'CUSTOMER_API_KEYS');
    add('operator', 'OPERATOR_API_KEYS');
  }

  /** Whose key it is. */
  find(key: string): Caller | undefined {
    return this.callers.get(digest(key));
  }
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
