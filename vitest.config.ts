import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (name: string) => fileURLToPath(new URL(`packages/${name}/src/index.ts`, import.meta.url));

/** What every project shares: decorators as Nest needs them, and our packages from source. */
const shared = {
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: [{ find: /^@rea\/(\w+)$/, replacement: source('$1') }],
  },
};

export default defineConfig({
  test: {
    projects: [
      { ...shared, test: { name: 'server', include: ['packages/server/test/**/*.test.ts'], testTimeout: 30_000 } },
    ],
  },
});
