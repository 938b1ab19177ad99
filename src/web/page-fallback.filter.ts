import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catch, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { packageRoot } from '../common/installation.js';
import { AccessPatterns } from '../common/observation/access-patterns.js';
import { SecuritySignals } from '../common/observation/security-signals.js';
import { ProblemFilter } from './problem.filter.js';

/** Gives the dashboard's page for addresses that only the dashboard knows; everything else unknown stays a 404. */
@Catch(NotFoundException)
export class PageFallbackFilter implements ExceptionFilter {
  private readonly problems: ProblemFilter;
  private readonly page = readPage();

  constructor(signals: SecuritySignals, patterns: AccessPatterns) {
    this.problems = new ProblemFilter(signals, patterns);
  }

  catch(thrown: NotFoundException, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    if (!wantsPage || this.page === null) return this.problems.catch(thrown, host);
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply
      .status(200)
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(this.page);
  }
}

function readPage(): string | null {
  const file = join(packageRoot(), 'frontend', 'dist', 'index.html');
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
