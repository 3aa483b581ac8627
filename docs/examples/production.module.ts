// #region production
import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { ReaModule } from '@rea/core';
import { IngressModule } from '@rea/ingress';

@Module({
  imports: [
    ConfigModule.forRoot(),
    ReaModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        server: {
          ingressUrl: config.getOrThrow<string>('RESTATE_INGRESS_URL'), // one server, or a cluster behind a balancer
          adminUrl: config.getOrThrow<string>('RESTATE_ADMIN_URL'),
        },
        endpoint: {
          port: 9080,
          advertisedUrl: config.getOrThrow<string>('ENDPOINT_URL'), // how the server reaches this version's replicas
          security: { identityKeys: config.getOrThrow<string>('RESTATE_PUBLIC_KEYS').split(',') }, // others get 401
        },
        components: { Payments: { inactivityTimeout: { minutes: 5 } } }, // any SDK option, without touching code
      }),
    }),
    IngressModule.forRoot({ timeout: 10_000 }),
  ],
})
export class AppModule {}
// #endregion production
