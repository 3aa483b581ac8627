import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { RestateServer, stablePorts, type RestateServerOptions } from '../src/index.js';
import { scratchDirectory } from './support/directory.js';
import { allGone, eventually, Owner, serverGroup } from './support/processes.js';

const owners: Owner[] = [];

function owner(options: RestateServerOptions, detached?: boolean): Owner {
  const one = new Owner(options, detached);
  owners.push(one);
  return one;
}

afterEach(() => {
  for (const one of owners.splice(0)) one.dispose();
});

describe('when the owner is killed with SIGKILL', () => {
  it('nothing of the server is left within 5 s, and its temporary directory neither', async () => {
    const parent = owner({});
    const server = await parent.next();
    expect(server.event).toBe('ready');
    const group = await serverGroup(server.pid);

    const before = Date.now();
    await parent.end('SIGKILL');
    await eventually('server, supervisor and watcher are gone', 5_000, () => allGone(group));
    console.log(`gone ${Date.now() - before} ms after SIGKILL of the owner`);
    expect(existsSync(server.baseDir)).toBe(false);
  });

  it('a server that hangs is gone within 5 s too, and the next owner of its data waits for that', async () => {
    await using directory = await scratchDirectory();
    const parent = owner({ baseDir: directory.path });
    const old = await parent.next();
    const group = await serverGroup(old.pid);
    process.kill(old.pid, 'SIGSTOP');

    await parent.end('SIGKILL');
    const next = RestateServer.start({ baseDir: directory.path });
    await Promise.all([next, eventually('the hanging server is gone', 5_000, () => allGone(group))]);

    await using server = await next;
    expect(server.adminUrl).toBe(old.adminUrl);
    expect(await server.query('select count(1) as n from sys_invocation')).toEqual([{ n: 0 }]);
  });
});

it('Ctrl-C for the whole foreground group leaves the server to its owner', async () => {
  const parent = owner({}, true);
  const server = await parent.next();
  const group = await serverGroup(server.pid);

  process.kill(-parent.pid, 'SIGINT');
  expect((await parent.next()).event).toBe('sigint');
  const answer = await fetch(`${server.adminUrl}/query`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'select count(1) as n from sys_invocation' }),
  });
  expect(await answer.json()).toEqual({ rows: [{ n: 0 }] });

  expect(await parent.end('SIGTERM')).toBe(0);
  expect(await allGone(group)).toBe(true);
});

describe('two owners of one directory', () => {
  it('of two that start at once exactly one wins, and the other names it', async () => {
    await using directory = await scratchDirectory();
    const both = [owner({ baseDir: directory.path }), owner({ baseDir: directory.path })];
    const events = await Promise.all(both.map((one) => one.next()));

    const winner = both[events.findIndex((event) => event.event === 'ready')];
    const refusal = events.find((event) => event.event === 'failed');
    expect(refusal?.code).toBe('REA5006');
    expect(refusal?.message).toContain(`process ${winner?.pid}`);
    await expect(stablePorts(directory.path, ['admin'])).rejects.toMatchObject({ code: 'REA5006' });
    expect(await winner?.end('SIGTERM')).toBe(0);
  });
});
