import { ConfigService } from '@nestjs/config';
import type { ReaModuleOptions } from '@rea/core';
import { POLICY } from './policy.js';
import type { Settings } from './settings.js';

/** The Restate server that the settings name, or an embedded one with its data in a directory of this app. */
export function reaOptions(config: ConfigService<Settings, true>): ReaModuleOptions {
  const get = <K extends keyof Settings>(key: K) => config.get(key, { infer: true });
  const ingressUrl = get('RESTATE_INGRESS_URL');
  const adminUrl = get('RESTATE_ADMIN_URL');
  if (ingressUrl === undefined || adminUrl === undefined) {
    return { policy: POLICY, server: { embedded: true, dataDirectory: get('DATA_DIRECTORY') } };
  }
  const [port, advertisedUrl] = [get('ENDPOINT_PORT'), get('ENDPOINT_URL')];
  return {
    policy: POLICY,
    server: { ingressUrl, adminUrl },
    endpoint: { ...(port === undefined ? {} : { port }), ...(advertisedUrl === undefined ? {} : { advertisedUrl }) },
  };
}
