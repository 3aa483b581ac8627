import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Ending } from './raw-request.js';

/** What became of many requests. */
export interface Pressure {
  readonly requests: number;
  readonly milliseconds: number;
  /** Endings by class: `2xx`, `4xx`, `5xx`, `closed`, `hung`. */
  readonly endings: Readonly<Record<string, number>>;
  /** Those that should not have ended as they did. */
  readonly wrong: readonly string[];
  /** How much the heap has grown from the first quarter to the end, in MiB, after collections. */
  readonly growth: number;
  /** Rejections that nobody handled, and exceptions that nobody caught. */
  readonly unhandled: readonly string[];
}

const CONCURRENCY = 24;

/** Sends requests side by side and watches this process, in which the servers run. */
export async function press<T extends { readonly what: string }>(
  requests: readonly T[],
  send: (request: T) => Promise<Ending>,
): Promise<Pressure> {
  const endings: Record<string, number> = {};
  const wrong: string[] = [];
  const unhandled: string[] = [];
  const note = (reason: unknown) => void unhandled.push(String(reason));
  process.on('unhandledRejection', note);
  process.on('uncaughtExceptionMonitor', note);
  const began = performance.now();
  const one = async (request: T) => {
    const ending = await send(request);
    const name = typeof ending === 'string' ? ending : `${Math.floor(ending.status / 100)}xx`;
    if (isBrokenOff(ending)) {
      endings['5xx of Restate for a body that breaks off'] =
        (endings['5xx of Restate for a body that breaks off'] ?? 0) + 1;
      return;
    }
    endings[name] = (endings[name] ?? 0) + 1;
    if (name === 'hung' || name === '5xx')
      wrong.push(`${name}: ${request.what.slice(0, 500)} => ${JSON.stringify(ending)}`);
  };
  try {
    const warm = Math.ceil(requests.length / 4);
    await inParallel(requests.slice(0, warm), one);
    const before = usedHeap();
    await inParallel(requests.slice(warm), one);
    const growth = Math.round((usedHeap() - before) / 2 ** 20);
    return { requests: requests.length, milliseconds: performance.now() - began, endings, wrong, growth, unhandled };
  } finally {
    process.off('unhandledRejection', note);
    process.off('uncaughtExceptionMonitor', note);
  }
}

/** The Restate server answers so itself, before any handler, when it cannot read a body to its end. */
function isBrokenOff(ending: Ending): boolean {
  return (
    typeof ending === 'object' &&
    ending.status === 500 &&
    /x-restate-error-source: ingress[^]*cannot read body: hyper/i.test(ending.head)
  );
}

async function inParallel<T>(items: readonly T[], one: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const item of rest) await one(item);
    }),
  );
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function usedHeap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** In a line, for whoever reads the evidence. */
export function inWords(
  where: string,
  { requests, milliseconds, endings, growth, wrong, unhandled }: Pressure,
): string {
  const list = Object.entries(endings)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `${count} ${name}`);
  return `${where}: ${requests} requests in ${(milliseconds / 1_000).toFixed(1)} s: ${list.join(', ')}; ${wrong.length} wrong, ${unhandled.length} unhandled, heap ${growth >= 0 ? '+' : ''}${growth} MiB`;
}
