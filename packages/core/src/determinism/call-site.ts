import type { Callable } from './observe.js';
import { ownerOf } from './frame-owner.js';
import { sourcePosition } from './source-position.js';

/** Deep enough to see who called a library, and that a logger is at work; shallow enough to be cheap. */
const DEPTH = 16;

/** OpenTelemetry functions that run the caller's code as their body: what happens in there is the caller's doing. */
const RUNS_CALLERS_CODE = new Set(['with', 'startActiveSpan']);

/** A use of something non-deterministic in the application's own code. */
export interface Use {
  /** `src/orders/checkout.service.ts:41:18`, in the source as it was written. */
  readonly place: string;
  /** The library that was asked, as `uuid`, when it was not called directly. */
  readonly library: string | undefined;
}

/**
 * Finds the line of the application that called `watched`, directly or through one of the libraries whose whole purpose
 * it is (`uuid`, `dayjs`, `axios`). Undefined when another library, Node itself or Rea did, or when it serves a log line
 * or a span.
 */
export function findUse(watched: Callable): Use | undefined {
  let place: string | undefined;
  let library: string | undefined;
  for (const site of callSites(watched)) {
    const file = site.getFileName();
    if (!file) continue; // native code, such as Array.map, and evaluated code, such as zod's validators
    // In a bundle all code is in the application's file: only the source map tells whose it was.
    const position = ownerOf(file).kind === 'application' ? sourcePosition(file, site) : undefined;
    const owner = ownerOf(position?.file ?? file);
    if (place !== undefined) {
      if (owner.kind === 'rea') break;
      if (owner.kind === 'telemetry' && !RUNS_CALLERS_CODE.has(functionName(site))) return undefined;
    } else if (position && owner.kind === 'application') {
      place = position.place;
    } else if (owner.kind === 'source') {
      library = owner.library;
    } else {
      return undefined;
    }
  }
  return place === undefined ? undefined : { place, library };
}

/** The calls that led to `watched`, nearest first. */
function callSites(watched: Callable): NodeJS.CallSite[] {
  const { stackTraceLimit } = Error;
  const prepare: unknown = Reflect.get(Error, 'prepareStackTrace');
  const holder: { stack?: NodeJS.CallSite[] } = {};
  try {
    Error.stackTraceLimit = DEPTH;
    Error.prepareStackTrace = asCallSites;
    Error.captureStackTrace(holder, watched);
    return holder.stack ?? [];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Reflect.set(Error, 'prepareStackTrace', prepare);
  }
}

function asCallSites(_error: Error, sites: NodeJS.CallSite[]): NodeJS.CallSite[] {
  return sites;
}

/** `with` of `ContextAPI.with`. */
function functionName(site: NodeJS.CallSite): string {
  return site.getFunctionName()?.split('.').at(-1) ?? '';
}
