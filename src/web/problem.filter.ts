import { STATUS_CODES } from 'node:http';
import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IdentifiedRequest } from '../auth/index.js';
import { AccessPatterns } from '../common/observation/access-patterns.js';
import { SecuritySignals } from '../common/observation/security-signals.js';
import { problemOf, type Problem } from './problem.js';

/** Answers every error as problem details (RFC 9457); below `/v1/` also in the words of OpenAI's clients. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(
    private readonly signals: SecuritySignals,
    private readonly patterns: AccessPatterns,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') return;
    const request = host.switchToHttp().getRequest<FastifyRequest & Pick<IdentifiedRequest, 'account'>>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(thrown);
    this.signals.refused(problem.code);
    const { account, method, routeOptions } = request;
    if (account !== undefined && (problem.status === 403 || problem.status === 404))
      this.patterns.refused(account, `${method} ${routeOptions.url ?? ''}`);
    if (problem.status >= 500) this.report(problem, request, thrown);
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    void reply
      .status(problem.status)
      .headers(problem.headers)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(JSON.stringify(problemBody(problem, request)));
  }

  private report(problem: Problem, request: FastifyRequest, thrown: unknown): void {
    const facts = {
      request_id: request.id,
      code: problem.code,
      method: request.method,
      path: pathOf(request),
    };
    if (problem.code === 'INTERNAL')
      this.logger.error(thrown instanceof Error ? thrown : String(thrown), facts);
    else this.logger.warn(problem.detail, facts);
  }
}

function problemBody(problem: Problem, request: FastifyRequest): Record<string, unknown> {
  const { status, code, detail, facts } = problem;
  const body = {
    type: `urn:stemma:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail,
    request_id: request.id,
    ...(Object.keys(facts).length > 0 && { facts }),
  };
  return pathOf(request).startsWith('/v1/') ? { ...body, error: openAiError(problem) } : body;
}

/** The error object OpenAI's clients read. */
function openAiError({ status, code, detail, facts }: Problem): Record<string, unknown> {
  const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error';
  return { message: detail, type, code, param: facts.param ?? null };
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0];
}
