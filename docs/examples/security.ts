import { readFile } from 'node:fs/promises';
import { Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { EndpointSecurity, ReaModule, type ReplayStore } from '@rea/core';

// #region options
@Module({
  imports: [
    ConfigModule.forRoot(),
    ReaModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        server: {
          ingressUrl: config.getOrThrow<string>('RESTATE_INGRESS_URL'),
          adminUrl: config.getOrThrow<string>('RESTATE_ADMIN_URL'),
        },
        endpoint: {
          advertisedUrl: config.getOrThrow<string>('ENDPOINT_URL'), // https://, to the proxy
          security: {
            identityKeys: config.getOrThrow<string>('RESTATE_PUBLIC_KEYS').split(','),
            requireHttps: true,
            trustedProxies: ['10.0.0.0/8', 'fd00::/8'], // whose X-Forwarded-Proto and -For are believed
            allowedOrigins: ['10.1.2.0/24'], // where the Restate servers are
          },
        },
        secretHeaders: ['x-api-key'], // beside authorization and cookie
      }),
    }),
  ],
})
export class AppModule {}
// #endregion options

// #region rotation
@Injectable()
export class KeyRotation {
  constructor(private readonly security: EndpointSecurity) {}

  /** On SIGHUP, by a timer, behind an operator's route: as the file changes. */
  async reload(file: string): Promise<void> {
    const keys = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    this.security.setIdentityKeys(keys); // one that is no key: an error, and the old ones stay
  }
}
// #endregion rotation

// #region store
/** What is used of a client of Redis. */
interface Redis {
  set(key: string, value: string, options: { NX: true; PXAT: number }): Promise<string | null>;
}

/** For `endpoint.security.replayProtection: { store }`. */
export class RedisReplayStore implements ReplayStore {
  constructor(private readonly redis: Redis) {}

  async remember(id: string, until: Date): Promise<boolean> {
    return (await this.redis.set(`rea:seen:${id}`, '', { NX: true, PXAT: until.getTime() })) !== null; // one atomic step
  }
}
// #endregion store
