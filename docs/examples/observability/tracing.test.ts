import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Controller, Get } from '@nestjs/common';
import { InjectIngress, type IngressServiceClient } from '@rea/ingress';
import { createTestApp } from '@rea/testing';
import { expect, test, vi } from 'vitest';
import { Quotes } from './quotes.service.js';
import { TracedModule } from './traced.module.js';

@Controller()
class Front {
  constructor(@InjectIngress(Quotes) private readonly quotes: IngressServiceClient<Quotes>) {}

  @Get('cheapest')
  cheapest() {
    return this.quotes.call.cheapest(10, { idempotencyKey: false });
  }
}

test('set up as shown, a request is one trace down to the runs, and the exporter gets it when the application stops', async () => {
  const bodies: string[] = [];
  const collector = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`);
  await import('./tracing.js');
  const app = await createTestApp({ imports: [TracedModule], controllers: [Front] });
  await app.app.listen(0, '127.0.0.1');
  const response = await fetch(`${await app.app.getUrl()}/cheapest`);
  expect(await response.text()).toBe('30');
  await app.close();
  collector.close();
  vi.unstubAllEnvs();

  interface Span {
    readonly name: string;
    readonly traceId: string;
  }
  interface Export {
    readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
  }
  const spans = bodies.flatMap((body) =>
    (JSON.parse(body) as Export).resourceSpans.flatMap((each) => each.scopeSpans.flatMap((scope) => scope.spans)),
  );
  const { traceId } = spans.find(({ name }) => name === 'Quotes call.cheapest')!;
  const names = new Set(spans.filter((span) => span.traceId === traceId).map(({ name }) => name));
  expect(names).toEqual(
    new Set([
      'GET',
      'Quotes call.cheapest',
      `attempt ${app.namespace}.Quotes/cheapest`,
      'ask carriers',
      'run ask owl',
      'run ask van',
    ]),
  );
});
