/**
 * Test NestJS modules on a real Restate server.
 *
 * @packageDocumentation
 */
export { createTestApp, type InvocationRow, type JournalRow, ReaTestApp, type TestAppOptions } from './rea-test-app.js';
export { type ServerAddress, SHARED_SERVER_VARIABLE, sharedServer, startSharedServer } from './shared-server.js';
