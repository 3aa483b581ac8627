import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ReaExplorer } from './rea-explorer.js';

type Next = (error?: unknown) => void;

/** Answers GET requests for one path with what the explorer tells, as JSON. */
export function introspectionMiddleware(path: string, explorer: ReaExplorer) {
  return (request: IncomingMessage & { readonly originalUrl?: string }, response: ServerResponse, next: Next): void => {
    const url = (request.originalUrl ?? request.url ?? '').split('?', 1)[0];
    if (request.method !== 'GET' || url !== path) {
      next();
      return;
    }
    void answer(explorer, response, next);
  };
}

async function answer(explorer: ReaExplorer, response: ServerResponse, next: Next): Promise<void> {
  try {
    const body = JSON.stringify(await explorer.introspect());
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  } catch (error) {
    next(error);
  }
}
