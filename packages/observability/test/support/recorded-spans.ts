import { context, type ContextManager, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { ReaContextManager, ReaIdGenerator } from '@rea/observability/tracing';

const exporter = new InMemorySpanExporter();
const begun = new Set<ReadableSpan>();
const keepsOpen: SpanProcessor = {
  onStart: (span) => void begun.add(span),
  onEnd: (span) => void begun.delete(span),
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
};

/** Sets OpenTelemetry up for this process, as an application does before it is loaded. */
export function recordSpans(
  idGenerator: TracerProviderIds = new ReaIdGenerator(),
  contextManager: ContextManager = new ReaContextManager(),
): void {
  context.setGlobalContextManager(contextManager.enable());
  const spanProcessors = [keepsOpen, new SimpleSpanProcessor({ exporter })];
  trace.setGlobalTracerProvider(new TracerProvider({ idGenerator, spanProcessors }));
}

type TracerProviderIds = NonNullable<ConstructorParameters<typeof TracerProvider>[0]>['idGenerator'];

/** What an HTTP instrumentation does around a request. Gives the trace's id beside the answer. */
export async function inRequest<T>(name: string, fn: () => Promise<T>): Promise<{ traceId: string; answer: T }> {
  return trace.getTracer('test').startActiveSpan(name, async (span: Span) => {
    try {
      return { traceId: span.spanContext().traceId, answer: await fn() };
    } finally {
      span.end();
    }
  });
}

/** All finished spans of a trace. */
export function spansOf(traceId: string): TreeSpan[] {
  const spans = exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
  return spans.map((span) => toTreeSpan(span));
}

/** The names of a trace's spans that have begun and not ended. */
export function openSpansOf(traceId: string): string[] {
  return [...begun].filter((span) => span.spanContext().traceId === traceId).map(({ name }) => name);
}

/** All finished spans of a name in a trace. */
export function spansNamed(name: string, traceId: string): ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.name === name && span.spanContext().traceId === traceId);
}

/** All finished spans with an attribute of a value. */
export function spansWith(attribute: string, value: string): ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.attributes[attribute] === value);
}

/** A span as the tree needs it. */
export interface TreeSpan {
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  /** Milliseconds. */
  readonly startedAt: number;
  readonly outcome?: string;
  readonly failed?: boolean;
}

interface Node extends TreeSpan {
  readonly children: Node[];
}

/** A span of this process as the tree needs it. */
function toTreeSpan(span: ReadableSpan): TreeSpan {
  const { name, attributes, status, startTime, parentSpanContext } = span;
  return {
    name,
    spanId: span.spanContext().spanId,
    parentId: parentSpanContext?.spanId ?? '',
    startedAt: startTime[0] * 1e3 + startTime[1] / 1e6,
    outcome: (attributes['rea.outcome'] as string | undefined) ?? 'completed',
    failed: status.code === SpanStatusCode.ERROR,
  };
}

/**
 * A trace as text, one line a span, children below their parent and indented, in the order in which they began. Spans whose
 * parent is missing stand at the top. Outcomes other than `completed` are told in brackets, errors with `!`.
 *
 * @param merged an attempt that was suspended and the one that goes on are one, and so are their parts: how often a handler
 *   is suspended depends on the server
 */
export function treeOf(spans: readonly TreeSpan[], namespace: string, merged = false): string {
  const nodes = new Map<string, Node>();
  for (const span of spans) {
    if (nodes.has(span.spanId)) throw new Error(`Two spans have the id ${span.spanId}: ${span.name}`);
    nodes.set(span.spanId, { ...span, name: span.name.replaceAll(`${namespace}.`, ''), children: [] });
  }
  const roots: Node[] = [];
  for (const node of nodes.values()) (nodes.get(node.parentId)?.children ?? roots).push(node);
  return lines(merged ? merge(roots) : roots, '').join('\n');
}

function lines(nodes: readonly Node[], indent: string): string[] {
  return [...nodes]
    .sort((one, other) => one.startedAt - other.startedAt)
    .flatMap(({ name, outcome = 'completed', failed = false, children }) => [
      `${indent}${name}${outcome === 'completed' ? '' : ` [${outcome}]`}${failed ? ' !' : ''}`,
      ...lines(children, `${indent}  `),
    ]);
}

function merge(nodes: readonly Node[]): Node[] {
  const result: Node[] = [];
  for (const node of [...nodes].sort((one, other) => one.startedAt - other.startedAt)) {
    const before = result.findIndex(({ name, outcome }) => name === node.name && outcome === 'suspended');
    if (before < 0) result.push(node);
    else {
      const { startedAt, children } = result[before]!;
      result[before] = { ...node, startedAt, children: [...children, ...node.children] };
    }
  }
  return result.map((node) => ({ ...node, children: merge(node.children) }));
}
