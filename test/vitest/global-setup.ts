import { RestateServer } from '@rea/server';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** JSON of the shared server's address. */
    reaServer: string;
  }
}

/** One real Restate server for all test files of a project; the project's name says whether it always replays. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await RestateServer.start({ alwaysReplay: project.name.endsWith('replay') });
  const { ingressUrl, adminUrl } = server;
  project.provide('reaServer', JSON.stringify({ ingressUrl, adminUrl }));
  return () => server.stop();
}
