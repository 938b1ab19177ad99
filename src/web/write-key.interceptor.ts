import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { unwrap } from '../common/index.js';
import { nativeSha256Hex } from '../common/native-hash.js';
import { ProblemException } from '../common/problem.js';
import type { IdentifiedRequest } from '../auth/index.js';
import { WriteKeys, type WriteScope } from './write-keys.js';

/** Answers of models keep their own keys, because they stream; raw logits are streamed, too, and change nothing; answers with secrets are kept nowhere. */
const OWN_KEYS = /^\/(v1|chat|logits|auth|api\/(register|setup|login|password|refresh|logout|me))(\/|$)/;
const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Lets a write with an `Idempotency-Key` happen once: repeated, it gets the first answer; with another body it is refused.
 * What was refused or failed is not kept, so it can be tried again. Streams are not kept.
 */
@Injectable()
export class WriteKeyInterceptor implements NestInterceptor {
  constructor(private readonly keys: WriteKeys) {}

  async intercept(context: ExecutionContext, next: CallHandler<unknown>): Promise<Observable<unknown>> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<FastifyRequest & IdentifiedRequest>();
    const scope = scopeOf(request);
    if (scope === null) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const kept = unwrap(await this.keys.claim(scope, hashOf(request.body)));
    if (kept === null) return of(await this.work(scope, reply, next));
    void reply.status(kept.status).header('idempotency-replayed', 'true');
    return of(JSON.parse(kept.answer));
  }

  private async work(scope: WriteScope, reply: FastifyReply, next: CallHandler<unknown>): Promise<unknown> {
    let value: unknown;
    try {
      value = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (thrown) {
      await this.keys.release(scope);
      throw thrown;
    }
    // A stream that its client broke off has begun, but never ends; what it would be kept as is nothing.
    if (reply.sent || reply.raw.headersSent) await this.keys.release(scope);
    else await this.keys.keep(scope, { status: reply.statusCode, answer: JSON.stringify(value ?? null) });
    return value;
  }
}

function scopeOf(request: FastifyRequest & IdentifiedRequest): WriteScope | null {
  const key = request.headers['idempotency-key'];
  const path = request.url.split('?')[0];
  if (key === undefined || !WRITES.has(request.method) || OWN_KEYS.test(path)) return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new ProblemException(
      400,
      'IDEMPOTENCY_KEY_INVALID',
      'An Idempotency-Key is 1 to 255 printable characters.',
    );
  }
  return { key, owner: request.identity?.subject ?? 'anonymous', route: `${request.method} ${request.url}` };
}

/** Bodies that are streams (uploads) have no hash here: their blocks are named by content and stored once anyway. */
function hashOf(body: unknown): string {
  return nativeSha256Hex(isPlain(body) ? JSON.stringify(body) : '');
}

function isPlain(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !('pipe' in body);
}
