// JavaScript, so that the workspace's compiler and linter need not have the peer installed. What a decorator would do
// is done by calls, in the same order.
import 'reflect-metadata';
import http2 from 'node:http2';
import { once } from 'node:events';
import { NestFactory } from '@nestjs/core';
import '@nestjs/platform-express';
import { createEndpointHandler, object, RestatePromise, service, TerminalError } from '@restatedev/restate-sdk';
import 'class-transformer';
import 'class-validator';
import { Handler, RestateContext, RestateModule, Service, VirtualObject } from 'nestjs-restate';
import 'zod';
import { rolledBack } from '../dist/subjects/rolled-back.js';
import { takeStepsByHand } from '../dist/subjects/steps-by-hand.js';
import { FAN_WIDTH, FIELDS, stepResult } from '../dist/workload.js';

class Workload {
  constructor(ctx) {
    this.ctx = ctx;
  }

  async greet(name) {
    return `Hello, ${name}`;
  }

  async steps(name) {
    const first = await this.ctx.run('first', () => stepResult(1, name));
    const second = await this.ctx.run('second', () => stepResult(2, name));
    const third = await this.ctx.run('third', () => stepResult(3, name));
    return [first, second, third].join();
  }

  async fan(name) {
    const runs = Array.from({ length: FAN_WIDTH }, (_, index) =>
      this.ctx.run(`branch ${index}`, () => stepResult(index, name)),
    );
    const results = await RestatePromise.all(runs);
    return results.at(-1);
  }
}

class Profile {
  constructor(ctx) {
    this.ctx = ctx;
  }

  async state(name) {
    for (const [index, field] of FIELDS.entries()) {
      await this.ctx.get(field);
      this.ctx.set(field, stepResult(index, name));
    }
    return String(FIELDS.length);
  }
}

class Saga {
  constructor(ctx) {
    this.ctx = ctx;
  }

  async saga(name) {
    return takeStepsByHand(this.ctx, name, false, TerminalError);
  }

  async rollback(name) {
    return takeStepsByHand(this.ctx, name, true, TerminalError).catch(rolledBack);
  }
}

function decorate(type, methods, decorator) {
  for (const method of methods) {
    Handler()(type.prototype, method, Object.getOwnPropertyDescriptor(type.prototype, method));
  }
  Reflect.defineMetadata('design:paramtypes', [RestateContext], type);
  decorator(type);
}

decorate(Workload, ['greet', 'steps', 'fan'], Service('nestjs-restate.Workload'));
decorate(Saga, ['saga', 'rollback'], Service('nestjs-restate.Saga'));
decorate(Profile, ['state'], VirtualObject('nestjs-restate.Profile'));

/** The peer, or the SDK alone in a process that has loaded what the peer loads. */
export async function open(id) {
  return id === 'nestjs-restate' ? openPeer() : openBare(id);
}

async function openPeer() {
  const server = http2.createServer();
  const app = await NestFactory.createApplicationContext(
    {
      module: function PeerModule() {},
      imports: [RestateModule.forRoot({ ingress: 'http://127.0.0.1:1', endpoint: { server } })],
      providers: [Workload, Profile, Saga],
    },
    { logger: ['error', 'warn'] },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, close: () => app.close() };
}

async function openBare(id) {
  const workload = service({
    name: `${id}.Workload`,
    handlers: {
      greet: async (_ctx, name) => `Hello, ${name}`,
      steps: async (ctx, name) => {
        const first = await ctx.run('first', () => stepResult(1, name));
        const second = await ctx.run('second', () => stepResult(2, name));
        const third = await ctx.run('third', () => stepResult(3, name));
        return [first, second, third].join();
      },
      fan: async (ctx, name) => {
        const runs = Array.from({ length: FAN_WIDTH }, (_, index) =>
          ctx.run(`branch ${index}`, () => stepResult(index, name)),
        );
        const results = await RestatePromise.all(runs);
        return results.at(-1);
      },
    },
  });
  const profile = object({
    name: `${id}.Profile`,
    handlers: {
      state: async (ctx, name) => {
        for (const [index, field] of FIELDS.entries()) {
          await ctx.get(field);
          ctx.set(field, stepResult(index, name));
        }
        return String(FIELDS.length);
      },
    },
  });
  const saga = service({
    name: `${id}.Saga`,
    handlers: {
      saga: (ctx, name) => takeStepsByHand(ctx, name, false, TerminalError),
      rollback: (ctx, name) => takeStepsByHand(ctx, name, true, TerminalError).catch(rolledBack),
    },
  });
  const server = http2.createServer(createEndpointHandler({ services: [workload, profile, saga], logger: () => {} }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, close: () => new Promise((resolve) => server.close(resolve)) };
}
