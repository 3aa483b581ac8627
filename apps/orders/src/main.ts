import 'reflect-metadata';
import { RestateConnection } from '@rea/core';
import { readSettings } from './config/read-settings.js';
import { checkPort, portError } from './startup/check-port.js';
import { explain } from './startup/explain.js';
import { welcome } from './startup/welcome.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

async function main(): Promise<void> {
  const {
    PORT,
    DATA_DIRECTORY,
    RESTATE_INGRESS_URL,
    CUSTOMER_API_KEYS,
    OPERATOR_API_KEYS,
    OTEL_EXPORTER_OTLP_ENDPOINT,
  } = readSettings(process.env);
  await checkPort(PORT);
  say(
    RESTATE_INGRESS_URL === undefined
      ? `Starting the Restate server (its data is in ${DATA_DIRECTORY}) ...`
      : `Using the Restate server at ${RESTATE_INGRESS_URL} ...`,
  );
  if (OTEL_EXPORTER_OTLP_ENDPOINT !== undefined) (await import('./startup/tracing.js')).startTracing();
  // Only now: importing it reads the settings, and loads all of Nest.
  const { createApp } = await import('./startup/create-app.js');
  const app = await createApp();
  for (const signal of SIGNALS) process.once(signal, () => say('\nStopping ...'));
  app.enableShutdownHooks([...SIGNALS], { useProcessExit: true });
  try {
    say('Registering the handlers ...');
    await app.listen(PORT);
  } catch (error) {
    await app.close();
    throw portError(error, PORT);
  }
  const { ingressUrl, adminUrl } = app.get(RestateConnection);
  const front = (await app.getUrl()).replace('[::1]', 'localhost');
  // A new name at each start: a copied line always places an order of its own.
  const napId = `nap-${Date.now().toString(36)}`;
  const keys = { customer: CUSTOMER_API_KEYS[0]!, operator: OPERATOR_API_KEYS[0]! };
  say(welcome({ front, ingress: ingressUrl, admin: adminUrl }, keys, napId));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`The order app did not start. ${explain(error)}\n`);
  process.exit(1);
});
