import type { LoggerService } from '@nestjs/common';
import { pino, type Logger as Pino, type DestinationStream } from 'pino';
import { messageOf } from '../common/index.js';
import type { AppConfig } from '../config/index.js';
import { prettyLine } from './pretty-lines.js';

/** Contexts of the framework that tell every route at start; useful only when looking for a bug in it. */
const CHATTY_CONTEXTS = new Set([
  'RoutesResolver',
  'RouterExplorer',
  'InstanceLoader',
  'NestFactory',
  'NestApplication',
]);

/** Fields whose values are secrets, at the top of a line and one level below. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'token',
  'access_token',
  'refresh_token',
  'signature',
  'secret',
  'passphrase',
];

/** Where log lines go: readable ones to a terminal, JSON otherwise. Fields that could hold secrets are cut out. */
export function createPino(config: AppConfig, stream: NodeJS.WriteStream): Pino {
  const pretty = config.logFormat === 'pretty' || (config.logFormat === 'auto' && stream.isTTY);
  const destination: DestinationStream = {
    write: (line) => void stream.write(pretty ? prettyLine(line, stream.isTTY) : line),
  };
  return pino(
    {
      level: config.logLevel,
      base: null,
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`]),
        censor: '[hidden]',
      },
    },
    destination,
  );
}

/** Nest's logger on pino. */
export class AppLogger implements LoggerService {
  constructor(private readonly pino: Pino) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the context last, and for errors a stack before it. */
  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const texts = rest.filter((item): item is string => typeof item === 'string');
    const context = texts.at(-1);
    if (level === 'info' && context !== undefined && CHATTY_CONTEXTS.has(context)) return;
    const facts = rest.find((item) => typeof item === 'object' && item !== null);
    const stack = message instanceof Error ? message.stack : texts.length > 1 ? texts[0] : undefined;
    const text =
      typeof message === 'object' && !(message instanceof Error)
        ? JSON.stringify(message)
        : messageOf(message);
    this.pino[level]({ ...facts, ...(context && { context }), ...(stack && { stack }) }, text);
  }
}
