import 'reflect-metadata';
import { readSettings } from '../config/read-settings.js';
import { explain } from '../startup/explain.js';
import { parseArguments, USAGE } from './arguments.js';
import { LoadError } from './load.error.js';
import { runLoad } from './run-load.js';
import { startTemporaryApp, type TemporaryApp } from './temporary-app.js';

let app: TemporaryApp | undefined;
const interruption = new AbortController();

async function main(): Promise<number> {
  const args = parseArguments(process.argv.slice(2));
  if (args.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const [operator] = readSettings(process.env).OPERATOR_API_KEYS;
  const url = args.url ?? (await startOwnApp());
  return (await runLoad(url, operator!.key, args, process.stdout, interruption.signal)) ? 0 : 1;
}

async function startOwnApp(): Promise<string> {
  process.stdout.write('Starting an order app with data of its own ...\n');
  app = await startTemporaryApp();
  return app.url;
}

async function end(code: number): Promise<void> {
  await app?.stop();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interruption.abort();
    process.stdout.write('\nStopping ...\n');
    void end(130);
  });
}

main().then(
  (code) => (interruption.signal.aborted ? undefined : end(code)),
  (error: unknown) => {
    // Whoever interrupts the load knows why it does not come to its end.
    if (interruption.signal.aborted) return;
    process.stderr.write(`\nThe load failed: ${error instanceof LoadError ? error.message : explain(error)}\n`);
    return end(2);
  },
);
