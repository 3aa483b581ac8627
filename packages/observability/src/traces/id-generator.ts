import { randomFillSync } from 'node:crypto';

/** What OpenTelemetry's SDKs call for ids: 32 and 16 hexadecimal digits. */
export interface IdGenerator {
  generateTraceId(): string;
  generateSpanId(): string;
}

/** Random bytes are asked for by the page: a call for each id costs as much as a span. */
const page = Buffer.alloc(8_192);
let used = page.length;

function random(bytes: number): string {
  if (used + bytes > page.length) {
    randomFillSync(page);
    used = 0;
  }
  used += bytes;
  return page.toString('hex', used - bytes, used);
}

const RANDOM: IdGenerator = { generateTraceId: () => random(16), generateSpanId: () => random(8) };

/** Ids for the span that is started next. */
export interface GivenIds {
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
}

let given: GivenIds = {};

/** Starts a span with ids that are not random, if a {@link ReaIdGenerator} is installed. @param start synchronous */
export function withIds<T>(ids: GivenIds, start: () => T): T {
  given = ids;
  try {
    return start();
  } finally {
    given = {};
  }
}

/**
 * The `idGenerator` of OpenTelemetry's SDK that lets a durable call be the parent of what it calls: the call's headers
 * are compared on replay, so the id of its span has to be known before there is a span, and be the same each time. All
 * other ids are random.
 *
 * @example
 * ```ts
 * new NodeSDK({ idGenerator: new ReaIdGenerator() }).start();
 * ```
 */
export class ReaIdGenerator implements IdGenerator {
  /** @param others makes all other ids; default: random */
  constructor(private readonly others: IdGenerator = RANDOM) {}

  generateTraceId(): string {
    return given.traceId ?? this.others.generateTraceId();
  }

  generateSpanId(): string {
    return given.spanId ?? this.others.generateSpanId();
  }
}
