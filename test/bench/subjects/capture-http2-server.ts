import http2, { type Http2Server } from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';

/** Runs what opens an HTTP/2 server, and gives that server too: requests can then be handed to it in this process. */
export async function captureHttp2Server<T>(
  open: () => Promise<T>,
): Promise<{ readonly server: Http2Server; readonly result: T }> {
  const { createServer } = http2;
  let captured: Http2Server | undefined;
  const capturing = (...args: Parameters<typeof createServer>): Http2Server => {
    captured = createServer(...args);
    return captured;
  };
  http2.createServer = capturing as typeof createServer;
  syncBuiltinESMExports();
  try {
    const result = await open();
    if (!captured) throw new Error('No HTTP/2 server was opened.');
    return { server: captured, result };
  } finally {
    http2.createServer = createServer;
    syncBuiltinESMExports();
  }
}
