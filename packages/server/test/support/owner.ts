/**
 * A program that owns a server, for tests that need one to die. Takes the options as JSON, reports what happens as lines of
 * JSON, and stops on SIGTERM.
 */
import { RestateServer, RestateServerError, type RestateServerOptions } from '../../src/index.js';

const report = (event: Record<string, unknown>): void => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};

process.on('SIGINT', () => {
  report({ event: 'sigint' });
});

try {
  const server = await RestateServer.start(JSON.parse(process.argv[2] ?? '{}') as RestateServerOptions);
  process.on('SIGTERM', () => {
    void server.stop();
  });
  report({ event: 'ready', pid: server.pid, baseDir: server.baseDir, adminUrl: server.adminUrl });
} catch (error) {
  if (!(error instanceof RestateServerError)) throw error;
  report({ event: 'failed', code: error.code, message: error.message });
}
