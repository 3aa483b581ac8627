/**
 * What the gate costs a request: `npm run build && node packages/core/test/security/cost.mts`.
 *
 * First through a real server that signs, in turns with the gate and without, on one process: requests per second, and
 * CPU time of this process, which also sends the requests. Then the gate alone.
 */
import 'reflect-metadata';
import { createPrivateKey, sign } from 'node:crypto';
import { EndpointSecurity, Handler, ReaEvents, Service, type SecurityMode } from '@rea/core';
import { createIdentityKey, RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { RequestGate } from '../../dist/security/request-gate.js';

const ROUNDS = 8;
const REQUESTS = 3_000;
const CONNECTIONS = 50;

class Greeter {
  async greet(_ctx: Context, name: string): Promise<string> {
    return `Hello, ${name}`;
  }
}
// Node strips types, and runs no decorators.
const greet = Object.getOwnPropertyDescriptor(Greeter.prototype, 'greet')!;
Reflect.defineMetadata('design:paramtypes', [Object, String], Greeter.prototype, 'greet');
(Handler() as unknown as MethodDecorator)(Greeter.prototype, 'greet', greet);
(Service() as ClassDecorator)(Greeter);

const key = await createIdentityKey();
await using server = await RestateServer.start({ identityKey: key });
const start = (mode: SecurityMode) =>
  createTestApp({
    providers: [Greeter],
    server,
    rea: { endpoint: { security: { mode, identityKeys: [key.publicKey] } } },
  });
await using off = await start('disabled');
await using on = await start('strict');

async function round(app: ReaTestApp): Promise<{ readonly rate: number; readonly cpu: number }> {
  const { call } = app.ingress.service(Greeter);
  const before = process.cpuUsage();
  const began = performance.now();
  let left = REQUESTS;
  const connection = async () => {
    while (left-- > 0) await call.greet('Ada', { idempotencyKey: false });
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const { user, system } = process.cpuUsage(before);
  return { rate: REQUESTS / ((performance.now() - began) / 1_000), cpu: (user + system) / REQUESTS };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const ratios = (values: readonly number[]) =>
  `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;

await round(off);
await round(on);
const rates: number[] = [];
const cpus: number[] = [];
const without: number[] = [];
for (let index = 0; index < ROUNDS; index += 1) {
  // In turns, and every other time the other way round.
  const order = index % 2 === 0 ? [off, on] : [on, off];
  const results = new Map<ReaTestApp, Awaited<ReturnType<typeof round>>>();
  for (const app of order) results.set(app, await round(app));
  const [a, b] = [results.get(off)!, results.get(on)!];
  rates.push(b.rate / a.rate);
  cpus.push(b.cpu / a.cpu);
  without.push(a.cpu);
}
console.log(`requests per second, with the gate over without: ${ratios(rates)}`);
console.log(`CPU of client and endpoint: ${ratios(cpus)}; without the gate ${median(without).toFixed(0)} us a request`);
console.log(`refused: ${JSON.stringify(on.get(EndpointSecurity).counts())}`);

const seconds = Math.floor(Date.now() / 1_000);
function token(subject: string | undefined): string {
  const parts = [
    { typ: 'JWT', alg: 'EdDSA', kid: key.publicKey },
    { aud: '/invoke/Greeter/greet', iat: seconds, nbf: seconds - 60, exp: seconds + 600, sub: subject },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const content = parts.join('.');
  return `${content}.${sign(null, Buffer.from(content), createPrivateKey(key.privateKeyPem)).toString('base64url')}`;
}

/** A first message of 100 bytes, another one each time. */
function message(index: number, keyed: string): Buffer {
  const body = Buffer.alloc(100);
  body.writeUInt8(0x0a, 0);
  body.writeUInt8(100 - 4 - keyed.length, 1);
  body.writeUInt32BE(index, 4);
  body.writeUInt8(0x32, 100 - 2 - keyed.length);
  body.writeUInt8(keyed.length, 100 - 1 - keyed.length);
  body.write(keyed, 100 - keyed.length);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

async function gateAlone(name: string, tokens: readonly string[], subjects: readonly string[]): Promise<void> {
  const gate = on.get(RequestGate);
  const bodies = Array.from({ length: 20_000 }, (_, index) => message(index, subjects[index % subjects.length]!));
  const began = performance.now();
  for (const [index, body] of bodies.entries()) {
    const headers: Record<string, string> = {
      'x-restate-signature-scheme': 'v1',
      'x-restate-jwt-v1': tokens[index % tokens.length]!,
    };
    const chunks = [body];
    const admission = await gate.admit({
      path: '/invoke/Greeter/greet',
      peer: '127.0.0.1',
      encrypted: false,
      header: (wanted) => headers[wanted],
      body: {
        next() {
          const value = chunks.pop();
          return Promise.resolve(value ? { done: false, value } : { done: true, value: undefined });
        },
      },
    });
    if (admission.refusal) throw new Error(admission.refusal.message);
  }
  const each = ((performance.now() - began) * 1_000) / bodies.length;
  console.log(`the gate alone, ${name}: ${each.toFixed(1)} us a request`);
}

on.get(ReaEvents).on('security-rejected', (finding) => console.log(finding));
const service = [token(undefined)];
await gateAlone('one token for all', service, ['']);
const keys = Array.from({ length: 20_000 }, (_, index) => `key-${index}`);
await gateAlone('a token of its own for each (objects)', keys.map(token), keys);
