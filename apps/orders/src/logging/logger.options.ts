import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigService } from '@nestjs/config';
import type { Params } from 'nestjs-pino';
import pretty, { type PrettyOptions } from 'pino-pretty';
import type { Settings } from '../config/settings.js';

/** Asked every few seconds by machines, so of no interest to people. */
const MONITORING = ['/health', '/metrics'];

const FOR_PEOPLE: PrettyOptions = {
  sync: true,
  singleLine: true,
  translateTime: 'HH:MM:ss',
  messageFormat: '{if context}[{context}] {end}{msg}',
  ignore: 'pid,hostname,context,req,res,responseTime,attempt,trace_id',
};

/** Lines for people in a terminal, JSON for machines everywhere else; a line per request. */
export function loggerOptions(config: ConfigService<Settings, true>): Params {
  const forPeople = process.stdout.isTTY && config.get('NODE_ENV', { infer: true }) !== 'production';
  return {
    pinoHttp: {
      level: config.get('LOG_LEVEL', { infer: true }),
      autoLogging: { ignore: ({ url = '' }) => MONITORING.includes(url) },
      customSuccessMessage: describe,
      customErrorMessage: describe,
      serializers: {
        req: ({ id, method, url }: IncomingMessage) => ({ id, method, url }),
        res: ({ statusCode }: ServerResponse) => ({ statusCode }),
      },
      // In this process, not in a worker: lines come in order with what is printed, and none is lost on exit.
      stream: forPeople ? pretty(FOR_PEOPLE) : process.stdout,
    },
  };
}

function describe({ method, url }: IncomingMessage, { statusCode }: ServerResponse): string {
  return `${method} ${url} ${statusCode}`;
}
