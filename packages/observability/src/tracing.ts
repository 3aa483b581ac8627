/**
 * For the file that sets OpenTelemetry up, before the application is loaded: it imports nothing else.
 *
 * @packageDocumentation
 */
export { ReaContextManager } from './traces/context-manager.js';
export { type IdGenerator, ReaIdGenerator } from './traces/id-generator.js';
