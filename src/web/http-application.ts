import multipart from '@fastify/multipart';
import type { DynamicModule, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import type { AppConfig } from '../config/index.js';
import { guardWrites } from './guard-writes.js';
import { fastifyOptions, installHttpHooks } from './http-hooks.js';
import { serveOpenApi } from './open-api.js';
import { serveStaticFiles } from './static-files.js';

const MOST_PARTS = 64;
const LARGEST_PART_BYTES = 1024 * 1024 * 1024;

/** The whole server on Fastify, initialised but not listening. */
export async function createHttpApplication(
  root: DynamicModule,
  config: AppConfig,
  logger: LoggerService,
): Promise<NestFastifyApplication> {
  guardWrites(root);
  const app = await NestFactory.create<NestFastifyApplication>(
    root,
    new FastifyAdapter(fastifyOptions(config)),
    {
      logger,
      abortOnError: false,
      bodyParser: false,
    },
  );
  const fastify = app.getHttpAdapter().getInstance();
  installHttpHooks(fastify, config);
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.register(multipart, {
    throwFileSizeLimit: true,
    limits: { parts: MOST_PARTS, fileSize: LARGEST_PART_BYTES, fieldSize: 1024 * 1024, headerPairs: 64 },
  });
  serveOpenApi(app);
  const missing = await serveStaticFiles(fastify);
  for (const part of missing) logger.warn(`the ${part} is not built; run: npm run build`, 'Web');
  await app.init();
  return app;
}
