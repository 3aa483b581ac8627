import { parseArgs } from 'node:util';
import { z } from 'zod';
import { LoadError } from './load.error.js';

export const USAGE = `Usage: npm run load -- [options]

  --orders N        how many orders to place (200)
  --concurrency N   how many at a time (20)
  --url URL         a running order app; by default one is started, on data of its own that is removed afterwards.
                    With keys of its own, it and the load have the same OPERATOR_API_KEYS in their environment`;

const Arguments = z.object({
  orders: z.coerce.number().int().min(1).max(100_000).default(200),
  concurrency: z.coerce.number().int().min(1).max(500).default(20),
  url: z
    .url()
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  help: z.boolean().default(false),
});
export type Arguments = z.infer<typeof Arguments>;

/** @throws LoadError saying which argument is wrong */
export function parseArguments(args: string[]): Arguments {
  const { data, error } = Arguments.safeParse(optionsIn(args));
  if (!error) return data;
  throw new LoadError(error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('; '));
}

function optionsIn(args: string[]): Record<string, string | boolean | undefined> {
  try {
    const { values } = parseArgs({
      args,
      options: {
        orders: { type: 'string' },
        concurrency: { type: 'string' },
        url: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    throw new LoadError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, { cause: error });
  }
}
