import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  createIdentityKey,
  InvalidOptionsError,
  RestateServer,
  type RestateServerOptions,
  type ServerExit,
} from '../src/index.js';
import { LogFile } from '../src/log-file.js';
import '../../../test/support/claim.js';
import { CounterEndpoint } from './support/counter.js';
import { scratchDirectory } from './support/directory.js';
import { allGone, eventually, exists, serverGroup } from './support/processes.js';

const servers: RestateServer[] = [];

async function start(options?: RestateServerOptions): Promise<RestateServer> {
  const server = await RestateServer.start(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function occupiedPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const listener = createServer();
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve);
  });
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        listener.close(() => {
          resolve();
        });
      }),
  };
}

function portsIn(text: string): Record<string, number> {
  return JSON.parse(text) as Record<string, number>;
}

describe('the log file', () => {
  it('keeps every line, of the runs before too', async () => {
    const server = await start({ logFile: true });
    expect(server.logFile).toBe(join(server.baseDir, 'restate.log'));
    await server.restart();
    await server.stop({ keepData: true });
    const lines = (await readFile(join(server.baseDir, 'restate.log'), 'utf8')).trimEnd().split('\n');
    expect(lines.filter((line) => line.includes('Starting Restate Server'))).toHaveLength(2);
    expect(lines.slice(-20)).toEqual(server.logs(20));
    await rm(server.baseDir, { recursive: true });
  });

  it('is put aside when it has grown too large, and never costs the program', async () => {
    await using scratch = await scratchDirectory();
    const directory = scratch.path;
    const text = (name: string) => readFileSync(join(directory, name), 'utf8');
    const file = new LogFile(directory, 12);
    for (const line of ['one', 'two', 'three', 'four']) file.write(line);
    file.close();
    expect([text('restate.log.1'), text('restate.log')]).toEqual(['one\ntwo\nthree\n', 'four\n']);
    const next = new LogFile(directory, 5);
    next.write('five');
    next.close();
    expect([text('restate.log.1'), text('restate.log')]).toEqual(['five\n', '']);
    new LogFile(join(directory, 'gone')).write('six');
  });
});

describe('start', () => {
  it('resolves when queries and the ingress truly answer, on loopback', async () => {
    const progress: string[] = [];
    const lines: string[] = [];
    const server = await start({ onProgress: (message) => progress.push(message), onLog: (line) => lines.push(line) });

    expect(await server.query<{ n: number }>('select count(1) as n from sys_invocation')).toEqual([{ n: 0 }]);
    await expect(server.query('select * from nothing')).rejects.toMatchObject({ code: 'REA5009' });
    expect((await fetch(`${server.ingressUrl}/restate/health`)).status).toBe(200);
    expect((await fetch(`${server.nodeUrl}/metrics`)).status).toBe(200);
    for (const url of [server.ingressUrl, server.adminUrl, server.nodeUrl])
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(server.running).toBe(true);
    expect(await exists(server.pid)).toBe(true);
    expect(progress.at(-1)).toMatch(/ready after/);
    expect(lines.length).toBeGreaterThan(5);
    expect(server.logs(2)).toEqual(lines.slice(-2));
  });

  it('starts several at once without a clash of ports', async () => {
    const three = await Promise.all([start(), start(), start()]);
    const urls = three.flatMap((server) => [server.ingressUrl, server.adminUrl, server.nodeUrl]);
    expect(new Set(urls).size).toBe(9);
  });

  it('picks another port when the one it picked is lost before the server has bound it', async () => {
    await using directory = await scratchDirectory();
    const file = join(directory.path, 'rea-ports.json');
    const thief = createServer();
    let stolen = 0;
    try {
      const server = await start({
        baseDir: directory.path,
        onProgress: () => {
          if (stolen !== 0) return;
          stolen = portsIn(readFileSync(file, 'utf8'))['admin'] ?? 0;
          thief.listen(stolen, '127.0.0.1');
        },
      });
      expect(stolen).toBeGreaterThan(0);
      expect(server.adminUrl).not.toBe(`http://127.0.0.1:${stolen}`);
      expect(server.adminUrl).toBe(`http://127.0.0.1:${portsIn(await readFile(file, 'utf8'))['admin']}`);
    } finally {
      thief.close();
    }
  });

  it('names the port and the option when a requested port is taken, without delay', async () => {
    await using taken = await occupiedPort();
    const before = Date.now();
    const failure = start({ ingressPort: taken.port });
    await expect(failure).rejects.toMatchObject({ code: 'REA5005', port: taken.port, purpose: 'ingress' });
    await expect(failure).rejects.toThrow(/lsof -i :\d+ .* another ingressPort/);
    expect(Date.now() - before).toBeLessThan(3_000);
  });

  it('fails at once, with the log, when the server does not accept a setting', async () => {
    const before = Date.now();
    const failure = start({ env: { RESTATE_DEFAULT_NUM_PARTITIONS: 'many' } });
    await expect(failure).rejects.toMatchObject({ code: 'REA5003' });
    await expect(failure).rejects.toThrow(/num-partitions|many/);
    expect(Date.now() - before).toBeLessThan(5_000);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 31, '5000', null, {}])(
    'refuses the timeout %j, before anything is touched',
    { meta: { claim: 'durations' } },
    async (millis: unknown) => {
      for (const name of ['readyTimeout', 'stopTimeout']) {
        const failure = start({ [name]: millis as number });
        await expect(failure).rejects.toBeInstanceOf(InvalidOptionsError);
        await expect(failure).rejects.toThrow(`${name} is `);
      }
    },
  );

  it('stops the process when it is not ready in time', async () => {
    await using directory = await scratchDirectory();
    const failure = start({ baseDir: directory.path, readyTimeout: 0 });
    await expect(failure).rejects.toMatchObject({ code: 'REA5004' });
    await expect(failure).rejects.toThrow(/readyTimeout/);
    await start({ baseDir: directory.path });
  });

  it('gives up when its signal says so, and removes what it made', async () => {
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    let directory = '';
    const failure = start({
      signal: abort.signal,
      onProgress: (message) => {
        directory = message.replace(/^.* on /, '');
        abort.abort(reason);
      },
    });
    await expect(failure).rejects.toBe(reason);
    expect(existsSync(directory)).toBe(false);
  });

  it('refuses settings that options own, and two identity keys', async () => {
    await expect(start({ env: { RESTATE_BASE_DIR: '/nowhere' } })).rejects.toThrow(/Use the option baseDir/);
    await expect(start({ ingressPort: 70_000 })).rejects.toMatchObject({ code: 'REA5010' });
    const identityKey = await createIdentityKey();
    await expect(start({ identityKey, identityKeyFile: 'key.pem' })).rejects.toMatchObject({ code: 'REA5010' });
  });

  it('says how to install the server when it is missing', async () => {
    vi.stubEnv('RESTATE_SERVER_BINARY', '/nowhere/restate-server');
    await expect(start()).rejects.toMatchObject({ code: 'REA5001' });
    await expect(start()).rejects.toThrow(/RESTATE_SERVER_BINARY/);
  });

  it('heeds neither RESTATE_ variables that this process happens to have nor the length of the path', async () => {
    vi.stubEnv('RESTATE_DEFAULT_NUM_PARTITIONS', 'many');
    await using directory = await scratchDirectory();
    const baseDir = join(directory.path, 'a-rather-long-name'.repeat(8));
    expect(await start({ baseDir })).toMatchObject({ running: true, baseDir });
  });
});

describe('stop', () => {
  it('leaves neither a process nor the temporary directory, and may be repeated', async () => {
    const server = await start();
    const group = await serverGroup(server.pid);
    expect(group.length).toBeGreaterThanOrEqual(2);
    expect(existsSync(server.baseDir)).toBe(true);

    await Promise.all([server.stop(), server.stop()]);
    await server.stop();

    expect(await allGone(group)).toBe(true);
    expect(existsSync(server.baseDir)).toBe(false);
    expect(await server.exited).toMatchObject({ expected: true, code: 0 });
    await expect(server.query('select 1')).rejects.toMatchObject({ code: 'REA5008' });
    await expect(server.restart()).rejects.toMatchObject({ code: 'REA5008' });
  });

  it('kills a server that does not react', async () => {
    const server = await start({ stopTimeout: 200 });
    process.kill(server.pid, 'SIGSTOP');
    await server.stop();
    expect(await server.exited).toMatchObject({ signal: 'SIGKILL', expected: true });
  });
});

describe('restart', () => {
  it('keeps data, deployments and ports: running, stopped, and killed', async () => {
    await using endpoint = await CounterEndpoint.start();
    const server = await start();
    await endpoint.register(server);
    const urls = [server.ingressUrl, server.adminUrl, server.nodeUrl];
    expect(await endpoint.add(server.ingressUrl)).toBe(1);

    await server.restart();
    expect(await endpoint.add(server.ingressUrl)).toBe(2);

    await server.stop({ keepData: true });
    expect(server.running).toBe(false);
    await server.restart();
    expect(await endpoint.add(server.ingressUrl)).toBe(3);

    const { pid } = server;
    await server.kill();
    await server.kill();
    expect(await exists(pid)).toBe(false);
    await server.restart();
    expect(await endpoint.add(server.ingressUrl)).toBe(4);
    expect([server.ingressUrl, server.adminUrl, server.nodeUrl]).toEqual(urls);
  });

  it('applies overrides', async () => {
    const key = await createIdentityKey();
    const server = await start();
    expect(server.identityPublicKey).toBeUndefined();
    await server.restart({ identityKey: key });
    expect(server.identityPublicKey).toBe(key.publicKey);
  });
});

it('tells when the server ends that nobody asked to', async () => {
  const exits: ServerExit[] = [];
  const server = await start({ onUnexpectedExit: (exit) => exits.push(exit) });
  const { pid } = server;
  process.kill(pid, 'SIGKILL');
  expect(await server.exited).toEqual({ pid, code: null, signal: 'SIGKILL', expected: false });
  await eventually('the callback', 1_000, () => exits.length === 1);
  await server.restart();
  await server.stop();
  expect(exits).toHaveLength(1);
});

describe('a data directory', () => {
  it('keeps its ports for the next start, and refuses to take others in silence', async () => {
    await using directory = await scratchDirectory();
    const first = await start({ baseDir: directory.path });
    const urls = [first.ingressUrl, first.adminUrl, first.nodeUrl];
    await first.stop();
    expect(existsSync(directory.path)).toBe(true);

    const second = await start({ baseDir: directory.path });
    expect([second.ingressUrl, second.adminUrl, second.nodeUrl]).toEqual(urls);
    await second.stop();

    await using squatter = await occupiedPort();
    const file = join(directory.path, 'rea-ports.json');
    const ports = portsIn(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...ports, admin: squatter.port }));
    const failure = start({ baseDir: directory.path });
    await expect(failure).rejects.toMatchObject({ code: 'REA5005', port: squatter.port, purpose: 'admin' });
    await expect(failure).rejects.toThrow(/rea-ports\.json/);
  });

  it('has one server at a time: the second is refused and the first does not notice', async () => {
    await using directory = await scratchDirectory();
    const first = await start({ baseDir: directory.path });
    const failure = start({ baseDir: directory.path });
    await expect(failure).rejects.toMatchObject({ code: 'REA5006', holderPid: process.pid, directory: directory.path });
    await expect(failure).rejects.toThrow(/another baseDir/);
    expect(await first.query('select count(1) as n from sys_invocation')).toEqual([{ n: 0 }]);

    await first.kill();
    await start({ baseDir: directory.path });
  });
});

it('signs its requests, so that an endpoint can demand its identity', async () => {
  const key = await createIdentityKey();
  await using endpoint = await CounterEndpoint.start([key.publicKey]);
  const server = await start({ identityKey: key });
  const file = join(server.baseDir, 'identity-key.pem');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await endpoint.register(server);
  expect(await endpoint.add(server.ingressUrl)).toBe(1);

  const stranger = await start();
  await expect(endpoint.register(stranger)).rejects.toThrow(/401|META0003/);
});

it('does not retry, and replays at each wait, when told so', async () => {
  await using endpoint = await CounterEndpoint.start();
  const server = await start({ retries: false, alwaysReplay: true });
  await endpoint.register(server);

  expect((await endpoint.call(server.ingressUrl, 'fail')).status).toBe(500);
  expect(endpoint.entered.fail).toBe(1);

  expect(await (await endpoint.call(server.ingressUrl, 'nap')).json()).toBe('rested');
  expect(endpoint.entered.nap).toBe(2);
});
