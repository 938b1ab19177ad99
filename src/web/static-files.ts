import { existsSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { packageRoot } from '../common/installation.js';

const ONE_YEAR = 'public, max-age=31536000, immutable';

/** What browsers compute with: what it is called when it is missing, where it lies, and the name it is served by. */
const KERNELS = [
  ['kernel', ['kernel', 'kernel.wasm'], 'kernel'],
  ['training kernel', ['training', 'training.wasm'], 'training'],
] as const;

/** Serves the built dashboard and the kernels. @returns what is missing because it was not built */
export async function serveStaticFiles(fastify: FastifyInstance): Promise<string[]> {
  const missing: string[] = [];
  const dashboard = join(packageRoot(), 'frontend', 'dist');
  if (existsSync(join(dashboard, 'index.html'))) await serveDashboard(fastify, dashboard);
  else missing.push('dashboard');
  for (const [part, path, name] of KERNELS) {
    const file = join(packageRoot(), 'dist', ...path);
    if (existsSync(file)) serveKernel(fastify, name, readFileSync(file));
    else missing.push(part);
  }
  return missing;
}

/** Vite names its assets by content, so they never change; the page that names them is asked for anew each time. */
async function serveDashboard(fastify: FastifyInstance, root: string): Promise<void> {
  await fastify.register(fastifyStatic, {
    root,
    prefix: '/',
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      void reply.header('cache-control', path.includes(`${root}/assets/`) ? ONE_YEAR : 'no-cache');
    },
  });
}

/** A kernel under its plain name, revalidated, and under its hash, for ever. */
function serveKernel(fastify: FastifyInstance, name: string, bytes: Buffer): void {
  const hash = createHash('sha256').update(bytes).digest('hex');
  fastify.get(`/kernel/${name}.wasm`, async (request, reply) => {
    void reply.header('etag', `"${hash}"`).header('cache-control', 'no-cache');
    if (request.headers['if-none-match'] === `"${hash}"`) return reply.status(304).send();
    return reply.type('application/wasm').send(bytes);
  });
  fastify.get(`/kernel/${hash}.wasm`, async (_request, reply) =>
    reply.type('application/wasm').header('etag', `"${hash}"`).header('cache-control', ONE_YEAR).send(bytes),
  );
}
