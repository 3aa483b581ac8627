import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** What every project shares: decorators as Nest needs them, and our packages from source. */
const shared = {
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: [
      { find: /^@rea\/([\w-]+)$/, replacement: path('packages/$1/src/index.ts') },
      { find: /^@rea\/([\w-]+)\/(\w+)$/, replacement: path('packages/$1/src/$2.ts') },
    ],
  },
};

/** What a replay of handler code cannot change: connections, registration, what the admin API says, what the compiler says. */
const WITHOUT_REPLAY = [
  'packages/core/test/{http-exchange,http2-connection,registration,start-stop,mangled-names,duration-options}.test.ts',
  'packages/core/test/{until-callable,client-navigation,retention-sizes,sdk-copies}.test.ts',
  'packages/core/test/journaled/compile-errors.test.ts',
  'packages/core/test/security/honest-traffic.test.ts',
  'packages/observability/test/{health,watch}/*.test.ts',
  'packages/saga/test/dead-letters/list.test.ts',
  'packages/testing/test/failures.test.ts',
];

/** Durable behaviour, on one shared server; as "replay" the same files run once more on a server that always replays. */
const durable = (name: string) => ({
  ...shared,
  test: {
    name,
    include: [
      'packages/{core,ingress,observability,saga,testing}/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'docs/examples/**/*.test.ts',
    ],
    exclude: ['docs/examples/server.test.ts', ...(name === 'durable-replay' ? WITHOUT_REPLAY : [])],
    globalSetup: path('test/vitest/global-setup.ts'),
    setupFiles: path('test/vitest/setup.ts'),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A busy machine may take its time; only a failing test waits so long.
    expect: { poll: { timeout: 10_000 } },
  },
});

export default defineConfig({
  test: {
    // All cores, not all but one: tests wait for servers more than they compute.
    maxWorkers: availableParallelism(),
    projects: [
      {
        ...shared,
        test: {
          name: 'server',
          include: ['packages/server/test/**/*.test.ts', 'docs/examples/server.test.ts'],
          testTimeout: 60_000,
        },
      },
      durable('durable'),
      durable('durable-replay'),
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['test/{e2e,packaging}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 10_000 } },
        },
      },
    ],
  },
});
