/** What is used where nothing is set, so that the app starts at once. They stand in its repository: not for production. */
export const DEVELOPMENT_KEYS = {
  CUSTOMER_API_KEYS: 'ada:ada-development-key,bob:bob-development-key',
  OPERATOR_API_KEYS: 'olga:olga-development-key',
  PAYMENT_WEBHOOK_SECRETS: `whsec_${Buffer.from('payments-development-secret').toString('base64')}`,
} as const;

const EVERYBODYS = new Set(Object.values(DEVELOPMENT_KEYS).flatMap((list) => list.split(/[,:]/)));

/** Whether a key or a secret is known to everybody. */
export function isDevelopmentKey(key: string): boolean {
  return EVERYBODYS.has(key);
}
