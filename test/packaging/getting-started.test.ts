import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readGuide, type Step } from './guide.js';
import { Reader } from './reader.js';
import { Running } from './running.js';
import { StandIns } from './stand-ins.js';
import { execute, freePort, installNodes, packAll, root, strangersEnv } from './stranger.js';

const GUIDE = readGuide(readFileSync(join(root, 'docs/getting-started.md'), 'utf8'));
const COMMONJS = 'If your application is CommonJS';
const SUPPORTED = [22, 24, 26];
const TOO_OLD = 20;

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'rea-stranger-')));
const app = join(scratch, 'shop');
const closing: (() => Promise<void>)[] = [];

let tarballs: Map<string, string>;
let nodes: Promise<Map<number, string>> | undefined;
let reader: Reader;

beforeAll(async () => {
  tarballs = await packAll(scratch);
  nodes = installNodes(join(scratch, 'nodes'), [TOO_OLD, ...SUPPORTED]);
  nodes.catch(() => {}); // reported by the tests that await it
  const port = String(await freePort());
  const env = strangersEnv(process.execPath, { PORT: port });
  const standIns = new StandIns({ '3000': port, '/home/ada/shop': app });
  reader = new Reader({ cwd: scratch, env }, standIns, translate);
  closing.push(() => reader.close());
});

afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await nodes?.catch(() => {});
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}, 60_000);

/**
 * Our packages are not in the registry, the Nest CLI is that of this workspace, and what it would install comes with the
 * guide's first `npm install`.
 */
function translate(command: string): string {
  if (command.startsWith('npx @nestjs/cli')) {
    return `${command.replace(/^npx \S+/, join(root, 'node_modules/.bin/nest'))} --skip-install`;
  }
  return command.replaceAll(/@rea\/\w+/g, (name) =>
    command.startsWith('npm install') ? `"${tarballs.get(name)}"` : name,
  );
}

async function nodeOf(version: number): Promise<string> {
  const path = (await nodes)?.get(version);
  if (path === undefined) throw new Error(`Node ${version} is not installed.`);
  return path;
}

function stepsOf(passes: (title: string) => boolean): Step[] {
  return GUIDE.filter(({ title }) => passes(title)).flatMap(({ steps }) => steps);
}

interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly license?: string;
}

function installed(folder = app): Lockfile['packages'] {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as Lockfile;
  return Object.fromEntries(
    Object.entries(packages).filter(([path]) => existsSync(join(folder, path, 'package.json'))),
  );
}

describe('a new Nest application', { meta: { claim: 'development' } }, () => {
  const steps = stepsOf((title) => title !== COMMONJS);
  const tools = steps.findIndex((step) => step.kind === 'command' && step.command.includes('--save-dev'));

  test('gets the packages without a Restate server', { timeout: 420_000 }, async () => {
    await reader.follow(steps.slice(0, tools));
    const packages = installed();
    expect(packages).toHaveProperty('node_modules/@rea/core');
    expect(packages).not.toHaveProperty('node_modules/@rea/server');
    expect(Object.keys(packages).filter((path) => path.includes('restate-server'))).toEqual([]);
    expect(Object.entries(packages).filter(([, { license = '' }]) => /BSL|BUSL|GPL/.test(license))).toEqual([]);
  });

  test('follows the guide to its end', { timeout: 420_000 }, async () => {
    await reader.follow(steps.slice(tools));
    await reader.close();
    const charged = reader.log.filter((line) => line.includes('Charged'));
    expect(charged.map((line) => /Charged \d+/.exec(line)?.[0])).toEqual(['Charged 12', 'Charged 9']);
    expect(reader.log.filter((line) => line.includes('Mailed'))).toHaveLength(2);
  });

  test('has one Restate SDK, and no Restate server where development packages are left out', async () => {
    const packages = installed();
    const copies = Object.keys(packages).filter((path) => path.endsWith('@restatedev/restate-sdk'));
    expect(copies).toEqual(['node_modules/@restatedev/restate-sdk']);
    expect(packages).toHaveProperty('node_modules/@restatedev/restate-server');
    expect(packages['node_modules/@rea/server']).toMatchObject({ dev: true });
    expect(packages['node_modules/@rea/testing']).toMatchObject({ dev: true });

    const production = join(scratch, 'production'); // beside the application: the lockfile has relative paths
    mkdirSync(production);
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(app, file), join(production, file));
    await execute('npm install --omit=dev --ignore-scripts', production);
    const lean = Object.keys(installed(production));
    expect(lean).toContain('node_modules/@rea/core');
    expect(lean.filter((path) => /rea\/(server|testing)$|restate-server/.test(path))).toEqual([]);
  });
});

describe.concurrent('the built application', () => {
  test.for(SUPPORTED)('survives kill -9 on Node %i', { timeout: 180_000 }, async (version) => {
    const node = await nodeOf(version);
    const cwd = join(scratch, `on-node-${version}`);
    mkdirSync(cwd);
    const port = await freePort();
    const start = async (): Promise<Running> => {
      const running = new Running(`exec node ${app}/dist/main.js`, {
        cwd,
        env: strangersEnv(node, { PORT: String(port) }),
      });
      closing.push(() => running.stop());
      await running.line('started', (line) => line.includes('successfully started'));
      await listening(port); // Nest says so before it listens
      return running;
    };
    const order = (url: string): Promise<Response> =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': '7' },
        body: '{"item":"tea","amount":7}',
      });

    const first = await start();
    const lost = order(`http://localhost:${port}/orders/7`);
    await first.line('packing', (line) => line.includes('Packing tea')); // hence the charge is in the journal
    first.signal('SIGKILL');
    await expect(lost).rejects.toThrow('fetch failed');
    await first.exit();

    const second = await start();
    const receipt = await (await order(`http://localhost:${port}/orders/7`)).text();
    expect(receipt).toMatch(/^receipt \d+$/);
    const { ingress } = JSON.parse(readFileSync(join(cwd, '.rea/rea-ports.json'), 'utf8')) as { ingress: number };
    expect(await (await order(`http://localhost:${ingress}/Orders/place`)).json()).toBe(receipt);
    expect(second.text).not.toContain('Charged');
    expect(second.text).toContain('Mailed "Your tea is on its way"');
    await second.stop();
    expect(await execute('node --version', cwd, strangersEnv(node))).toContain(`v${version}.`);
  });

  test.for(SUPPORTED)('does not run in the scope of its first attempt, on Node %i', async (version) => {
    const env = strangersEnv(await nodeOf(version));
    expect(await execute('node test/packaging/first-scope.mjs', root, env)).toContain('no scope');
  });

  test('is refused by Node 20, and told why', async () => {
    const env = strangersEnv(await nodeOf(TOO_OLD), { PORT: '0' });
    const running = new Running(`node ${app}/dist/main.js`, { cwd: scratch, env });
    closing.push(() => running.stop());
    expect(await running.exit()).toBe(1);
    expect(running.text).toContain('REA1000: Rea needs Node 22 or newer, and this is Node 20.');
    expect(existsSync(join(scratch, '.rea'))).toBe(false);
  });

  test.for([true, false])('compiles against our types with exactOptionalPropertyTypes %s', async (exact) => {
    const name = `exact-${exact}`;
    const entries = ['core', 'core/internal', 'ingress', 'server', 'testing'];
    writeFileSync(
      join(app, `src/${name}.ts`),
      entries.map((entry, index) => `export * as entry${index} from '@rea/${entry}';\n`).join(''),
    );
    const compilerOptions = {
      exactOptionalPropertyTypes: exact,
      skipLibCheck: false,
      noEmit: true,
      incremental: false,
    };
    writeFileSync(
      join(app, `tsconfig.${name}.json`),
      JSON.stringify({ extends: './tsconfig.build.json', compilerOptions }),
    );
    const running = new Running(`npx tsc -p tsconfig.${name}.json --types node`, {
      cwd: app,
      env: strangersEnv(process.execPath),
    });
    closing.push(() => running.stop());
    await running.exit();
    const errors = running.lines.filter((line) => line.includes('error TS'));
    // Not ours: the SDK's own types are not exact.
    expect(errors.filter((line) => !line.startsWith('node_modules/@restatedev/'))).toEqual([]);
  });

  test('may have been CommonJS', async () => {
    const schematic = 'npx schematics @nestjs/schematics:application';
    const env = strangersEnv(process.execPath);
    await execute(`${schematic} --name=old --type=cjs --package-manager=npm --no-dry-run`, app);
    const folder = join(app, 'old');
    const convert = new Reader({ cwd: folder, env }, new StandIns({}), translate);
    closing.push(() => convert.close());
    await convert.follow(stepsOf((title) => title === COMMONJS));
    await convert.follow(
      stepsOf((title) => title !== COMMONJS).filter(({ kind }) => kind === 'file' || kind === 'patch'),
    );
    const compile = 'npx tsc -p tsconfig.build.json --noEmit --types node';
    await execute(compile, folder);
    await execute('npm pkg set type=commonjs', folder);
    await expect(execute(compile, folder)).rejects.toThrow(/Context' is not assignable to .* 'Context'/);
  });
});

/** Resolves when something accepts connections on the port. */
async function listening(port: number): Promise<void> {
  await expect
    .poll(
      () =>
        fetch(`http://localhost:${port}/`).then(
          () => true,
          () => false,
        ),
      { timeout: 20_000 },
    )
    .toBe(true);
}
