import 'reflect-metadata';
import { Handler, Service } from '@rea/core';
import { createTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';

@Service()
class Greeter {
  @Handler()
  async greet(_ctx: Context, name: string): Promise<string> {
    return `Hello, ${name}`;
  }
}

/** What a test file does, and then nothing: the process has to end by itself. */
const ready = Promise.withResolvers<void>();
const app = await createTestApp({
  providers: [Greeter, { provide: 'ready', useValue: { onEndpointReady: ready.resolve } }],
  ...(JSON.parse(process.env['OPTIONS'] ?? '{}') as object),
});
await app.app.listen(0, '127.0.0.1');
await ready.promise;
await app.ingress.service(Greeter).call.greet('Ada', { idempotencyKey: 'a' });
await app.close();
process.send?.('closed');
process.disconnect?.();
