import { Handler, type HandlerOptions, ReaRuntime, Service } from '@rea/core';
import { createTestApp, type TestAppOptions } from '@rea/testing';
import { describe, expect, test } from 'vitest';
import { LogLines } from './support/log-lines.js';

/** A service whose class a build has given a name. */
function called(className: string, name?: string, handler = 'ask') {
  const type = {
    [className]: class {
      async ask(): Promise<string> {
        return className;
      }
    },
  }[className]!;
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, 'ask')!;
  const options: HandlerOptions = { name: handler };
  (Handler(options) as MethodDecorator)(type.prototype, 'ask', descriptor);
  Service(name === undefined ? {} : { name })(type);
  return type;
}

async function warnings(code: string, options: TestAppOptions): Promise<string[]> {
  const log = new LogLines();
  const app = await createTestApp({ ...options, configure: (nest) => nest.useLogger(log) });
  await app.close();
  return log.withCode(code);
}

describe('A component name that looks mangled is reported', { meta: { claim: 'mangled' } }, () => {
  test.each(['m', 'p', 'A', 'e1', 'ab', 'a_', '_a', '_Cart'])('%s', async (name) => {
    expect(await warnings('REA2069', { providers: [called(name), called('Payments')] })).toEqual([
      expect.stringContaining(`The component name "${name}", taken from its class,`),
    ]);
  });

  test('several of two letters, where most are that short', async () => {
    const providers = [called('Ae'), called('Bt'), called('Payments')];
    expect(await warnings('REA2069', { providers })).toHaveLength(2);
  });

  test('and is not in force where the mode is disabled; strict refuses the start', async () => {
    expect(await warnings('REA2069', { providers: [called('m')], rea: { policy: 'disabled' } })).toEqual([]);
    await expect(warnings('REA2069', { providers: [called('m')], rea: { policy: 'strict' } })).rejects.toThrow(
      /REA2069/,
    );
  });

  test.each(['Io', 'Db', 'AI', 'S3', 'Cart2', 'OrderV2', 'OAuth2', 'cart', 'ecommerce'])(
    '%s is a name',
    async (name) => {
      expect(await warnings('REA2069', { providers: [called(name), called('Payments')] })).toEqual([]);
    },
  );

  test('A name that was given is not looked at', async () => {
    const providers = [called('m', 'Cart'), called('Payments', 'p')];
    expect(await warnings('REA2069', { providers })).toEqual([]);
  });
});

test(
  'Components that come under other names than the server knows are reported',
  { meta: { claim: 'mangled' } },
  async () => {
    const namespace = `renamed${process.pid}${Date.now()}`;
    const first = await createTestApp({
      providers: [called('Cart'), called('Payments', undefined, 'charge')],
      rea: { namespace },
    });
    const port = Number(new URL(first.get(ReaRuntime).endpointUrl!).port);
    await first.close();
    const rea = { namespace, endpoint: { port, host: '127.0.0.1' } };
    const again = [called('Cart'), called('Payments', undefined, 'charge'), called('More', undefined, 'ask')];
    expect(await warnings('REA1098', { providers: again, rea })).toEqual([]);
    const renamed = [called('Wagen'), called('Geld', undefined, 'charge'), called('More', undefined, 'ask')];
    const [line, ...others] = await warnings('REA1098', { providers: renamed, rea });
    expect(line).toContain(
      `${namespace}.Cart is ${namespace}.Wagen now, ${namespace}.Payments is ${namespace}.Geld now`,
    );
    expect(others).toEqual([]);
  },
);
