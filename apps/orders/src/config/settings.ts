import { z } from 'zod';
import { ApiKeys } from '../access/api-key.schema.js';
import { DEVELOPMENT_KEYS, isDevelopmentKey } from '../access/development-keys.js';

const WebhookSecrets = z
  .string()
  .transform((list) => list.split(',').map((secret) => secret.trim()))
  .pipe(
    z.array(z.string().regex(/^whsec_[A-Za-z0-9+/]{20,}={0,2}$/, 'has to be a list of secrets: whsec_ and base64')),
  );

const Port = z.coerce.number().int().min(0).max(65_535);

/** Every environment variable that the order app reads. */
export const Settings = z
  .object({
    PORT: Port.default(3000).describe('Port of the shop front'),
    DATA_DIRECTORY: z
      .string()
      .min(1)
      .default('.rea/orders')
      .describe('Embedded Restate server, and the payment stand-in'),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    OTEL_EXPORTER_OTLP_ENDPOINT: z
      .url()
      .optional()
      .describe('Where traces go, over OTLP/HTTP; without it there are none'),
    ORDER_WAIT_SECONDS: z.coerce.number().positive().max(60).default(5).describe('How long HTTP waits for an order'),
    CUSTOMER_API_KEYS: ApiKeys.prefault(DEVELOPMENT_KEYS.CUSTOMER_API_KEYS).describe('customer:key,...'),
    OPERATOR_API_KEYS: ApiKeys.prefault(DEVELOPMENT_KEYS.OPERATOR_API_KEYS).describe('operator:key,...'),
    PAYMENT_WEBHOOK_SECRETS: WebhookSecrets.prefault(DEVELOPMENT_KEYS.PAYMENT_WEBHOOK_SECRETS).describe(
      'What the payment provider signs with; several while one replaces the other',
    ),
    NODE_ENV: z.string().default('development'),
    RESTATE_INGRESS_URL: z.url().optional().describe('Use this Restate server instead of an embedded one'),
    RESTATE_ADMIN_URL: z.url().optional().describe('Its admin API'),
    ENDPOINT_PORT: Port.optional().describe('Port on which that server reaches the handlers'),
    ENDPOINT_URL: z.url().optional().describe('URL at which that server reaches the handlers'),
  })
  .refine((settings) => (settings.RESTATE_INGRESS_URL === undefined) === (settings.RESTATE_ADMIN_URL === undefined), {
    message: 'Set both RESTATE_INGRESS_URL and RESTATE_ADMIN_URL, or neither for an embedded server',
    path: ['RESTATE_ADMIN_URL'],
  })
  .superRefine((settings, context) => {
    if (settings.NODE_ENV !== 'production') return;
    for (const name of ['CUSTOMER_API_KEYS', 'OPERATOR_API_KEYS', 'PAYMENT_WEBHOOK_SECRETS'] as const) {
      const keys = settings[name].map((entry) => (typeof entry === 'string' ? entry : entry.key));
      if (!keys.some(isDevelopmentKey)) continue;
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'Set keys of your own: those for development are public',
      });
    }
  });
export type Settings = z.infer<typeof Settings>;
