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
} from './fake-context.js';
export { createTestApp, type InvocationRow, type JournalRow, ReaTestApp, type TestAppOptions } from './rea-test-app.js';
export { runInContext } from '@rea/core';
export { type ServerAddress, SHARED_SERVER_VARIABLE, sharedServer, startSharedServer } from './shared-server.js';
