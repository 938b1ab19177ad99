import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CodedError, err, messageOf, type Result } from '../../common/index.js';
import { databaseRefusal } from '../../database/index.js';
import type { Answer, AnswerDelta, PreparedAnswer } from '../answers/answer-request.js';
import { InferenceService, type AnswerListener } from '../answers/inference.service.js';
import type { KeptAnswer } from '../idempotency/kept-answers.js';
import type { AnswerFormat } from './answer-format.js';
import { clientGone } from './client-gone.js';
import { ChoiceStream } from './choice-stream.js';
import { EventStream, STREAM_TYPE } from './event-stream.js';
import { refusal } from './refusal.js';
import { traceOf } from './trace-of.js';

/** Takes a complete answer before the client has all of it, so that it can ask for it again at once, also where it went away: it is paid for. */
export type KeepAnswer = (answer: KeptAnswer) => Promise<void>;

const JSON_TYPE = 'application/json; charset=utf-8';

/** Answers over HTTP, whole or streamed, in any format. A client that goes away stops the work it asked for. */
@Injectable()
export class AnswerResponder {
  private readonly logger = new Logger('Answers');

  constructor(private readonly inference: InferenceService) {}

  /**
   * Sends the answer as one JSON document, with the first receipt's id in `x-receipt-id`. Throws refusals.
   * @param keep given what is about to be sent, when the answer is complete
   */
  async whole(
    reply: FastifyReply,
    id: string,
    prepared: PreparedAnswer,
    format: AnswerFormat,
    keep: KeepAnswer,
  ): Promise<void> {
    const gone = clientGone(reply);
    const answers = await this.inference.run(prepared, {
      ...{ id, signal: gone.signal, on: () => undefined },
      ...traceOf(reply),
    });
    if (gone.signal.aborted && !isComplete(answers)) return;
    if (!answers.ok) throw refusal(answers.error);
    const receipt = answers.value[0].receipt?.id ?? null;
    const body = JSON.stringify(format.whole(answers.value));
    await keep({ contentType: JSON_TYPE, body, receipt });
    if (gone.signal.aborted) return;
    if (receipt !== null) reply.header('x-receipt-id', receipt);
    await reply.status(200).header('content-type', JSON_TYPE).header('cache-control', 'no-store').send(body);
  }

  /**
   * Sends the answer as server-sent events that end in `[DONE]`. A refusal before the first event is thrown; a later one
   * is an event `{error}`, after which the stream ends without `[DONE]`.
   * @param keep given the whole stream before it ends, when the answer is complete
   */
  async stream(
    reply: FastifyReply,
    id: string,
    prepared: PreparedAnswer,
    format: AnswerFormat,
    keep: KeepAnswer,
  ): Promise<void> {
    const gone = clientGone(reply);
    const stream = new EventStream(reply, () => gone.abort());
    const choices = new ChoiceStream(stream, format);
    const on = (delta: AnswerDelta) => choices.delta(delta);
    const answers = await this.outcome(prepared, { id, signal: gone.signal, on, ...traceOf(reply) });
    if (gone.signal.aborted && !isComplete(answers)) {
      reply.raw.destroy();
      return;
    }
    if (!answers.ok) {
      if (!stream.begun) throw asProblem(answers.error);
      stream.send(JSON.stringify({ error: errorEvent(answers.error) }));
      stream.end();
      return;
    }
    choices.close(answers.value);
    const receipt = answers.value[0].receipt?.id ?? null;
    await keep({ contentType: STREAM_TYPE, body: stream.whole(), receipt });
    if (gone.signal.aborted) reply.raw.destroy();
    else stream.done();
  }

  /** What is thrown (a lost database, a bug) must not leave a stream open: it becomes a refusal like any other. */
  private async outcome(
    prepared: PreparedAnswer,
    listener: AnswerListener,
  ): Promise<Result<readonly Answer[], Error>> {
    try {
      return await this.inference.run(prepared, listener);
    } catch (thrown) {
      this.logger.error(thrown);
      return err(
        databaseRefusal(thrown) ?? (thrown instanceof Error ? thrown : new Error(messageOf(thrown))),
      );
    }
  }
}

/** Whether nothing was cut off, although the client may have gone meanwhile. */
function isComplete(answers: Result<readonly Answer[], Error>): boolean {
  return answers.ok && answers.value.every(({ finish }) => finish !== 'cancelled');
}

function asProblem(error: Error): Error {
  return error instanceof CodedError ? refusal(error) : error;
}

/** What a client of a stream learns of a refusal; what is no refusal says nothing about the inside. */
function errorEvent(error: Error): Record<string, unknown> {
  if (!(error instanceof CodedError)) {
    const message = 'The answer could not be completed or recorded; the log of the server has the details.';
    return { message, type: 'server_error', code: 'INTERNAL', param: null };
  }
  const type = error.status < 500 ? 'invalid_request_error' : 'server_error';
  return { message: error.message, type, code: error.code, param: error.facts.param ?? null };
}
