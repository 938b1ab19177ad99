import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IdentifiedRequest } from '../../auth/index.js';
import { messageOf, systemClock } from '../../common/index.js';
import type { AnswerRequest, PreparedAnswer } from '../answers/answer-request.js';
import { InferenceService } from '../answers/inference.service.js';
import { Idempotency, type OpenRequest } from '../idempotency/idempotency.js';
import type { KeptAnswer } from '../idempotency/kept-answers.js';
import type { AnswerContext, AnswerFormat } from './answer-format.js';
import { AnswerResponder, type KeepAnswer } from './answer-responder.js';
import { refusal } from './refusal.js';
import { subjectOf } from './viewer.js';

/** An HTTP request whose caller is known. */
export type AnswerHttpRequest = FastifyRequest & IdentifiedRequest;

/** One call of an endpoint that answers. */
export interface AnswerCall {
  readonly request: AnswerHttpRequest;
  readonly reply: FastifyReply;
  /** The validated body. */
  readonly body: object;
  /** What is asked; `owner` is filled in here. */
  readonly asked: Omit<AnswerRequest, 'owner'>;
  readonly stream: boolean;
  readonly includeUsage?: boolean;
  /** What identifiers of this endpoint begin with. */
  readonly kind: string;
  readonly format: (context: AnswerContext) => AnswerFormat;
  /** Throws what this endpoint refuses once the model is known. */
  readonly check?: (prepared: PreparedAnswer) => void;
}

const ID_BYTES = 16;

/** What all endpoints that answer have in common: idempotency, preparation, and the form of the answer. */
@Injectable()
export class AnswerEndpoint {
  private readonly logger = new Logger('Answers');

  constructor(
    private readonly inference: InferenceService,
    private readonly responder: AnswerResponder,
    private readonly idempotency: Idempotency,
  ) {}

  /** Answers the call; throws refusals. */
  async answer(call: AnswerCall): Promise<void> {
    const key = call.request.headers['idempotency-key'];
    if (key === undefined) {
      await this.generate(call, () => Promise.resolve());
      return;
    }
    const { pathname: route } = new URL(call.request.url, 'http://localhost');
    const scope = { key: String(key), owner: subjectOf(call.request), route };
    const keyed = await this.idempotency.begin(scope, call.body);
    if (!keyed.ok) throw refusal(keyed.error);
    if (keyed.value.kept !== null) await sendKept(call.reply, keyed.value.kept);
    else await this.generateOnce(call, keyed.value.open);
  }

  private async generateOnce(call: AnswerCall, open: OpenRequest): Promise<void> {
    try {
      await this.generate(call, async (answer) => {
        await open.answered(answer).catch((thrown: unknown) => this.logger.warn(messageOf(thrown)));
      });
    } finally {
      open.close();
    }
  }

  private async generate(call: AnswerCall, keep: KeepAnswer): Promise<void> {
    const asked = { ...call.asked, owner: subjectOf(call.request) };
    const prepared = await this.inference.prepare(asked);
    if (!prepared.ok) throw refusal(prepared.error);
    call.check?.(prepared.value);
    const id = `${call.kind}-${randomBytes(ID_BYTES).toString('hex')}`;
    const format = call.format({
      id,
      model: asked.model,
      prepared: prepared.value,
      created: Math.floor(systemClock.now() / 1000),
      includeUsage: call.includeUsage ?? false,
    });
    const { reply } = call;
    if (call.stream) await this.responder.stream(reply, id, prepared.value, format, keep);
    else await this.responder.whole(reply, id, prepared.value, format, keep);
  }
}

async function sendKept(reply: FastifyReply, { contentType, body, receipt }: KeptAnswer): Promise<void> {
  if (receipt !== null) reply.header('x-receipt-id', receipt);
  await reply
    .status(200)
    .header('content-type', contentType)
    .header('cache-control', 'no-store')
    .header('idempotent-replayed', 'true')
    .send(body);
}
