/**
 * Test NestJS modules on a real Restate server.
 *
 * @packageDocumentation
 */
export {
  type FakeCall,
  type FakeContext,
  fakeContext,
  type FakeContextOptions,
  type FakeControls,
  type FakeHandlers,
  type FakeSignal,
} from './fake-context.js';
export type { FakeWorkflow } from './fake-invocations.js';
export { createTestApp, type InvocationRow, type JournalRow, ReaTestApp, type TestAppOptions } from './rea-test-app.js';
export type { FailureMode } from './failure-watch.js';
export { runInContext } from '@rea/core';
export { type ServerAddress, SHARED_SERVER_VARIABLE, sharedServer, startSharedServer } from './shared-server.js';
