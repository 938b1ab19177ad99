import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CodedError, err, messageOf, type Result } from '../../common/index.js';
import type { Answer, AnswerDelta, PreparedAnswer } from '../answers/answer-request.js';
import { InferenceService, type AnswerListener } from '../answers/inference.service.js';
import type { AnswerFormat } from './answer-format.js';
import { clientGone } from './client-gone.js';
import { EventStream } from './event-stream.js';
import { refusal } from './refusal.js';

/** Answers over HTTP, whole or streamed, in any format. A client that goes away stops the work it asked for. */
@Injectable()
export class AnswerResponder {
  private readonly logger = new Logger('Answers');

  constructor(private readonly inference: InferenceService) {}

  /** Sends the answer as one JSON document, with the first receipt's id in `x-receipt-id`. Throws refusals. */
  async whole(
    reply: FastifyReply,
    id: string,
    prepared: PreparedAnswer,
    format: AnswerFormat,
  ): Promise<void> {
    const gone = clientGone(reply);
    const answers = await this.inference.run(prepared, { id, signal: gone.signal, on: () => undefined });
    if (gone.signal.aborted) return;
    if (!answers.ok) throw refusal(answers.error);
    const receipt = answers.value[0].receipt?.id;
    if (receipt !== undefined) reply.header('x-receipt-id', receipt);
    await reply.status(200).header('cache-control', 'no-store').send(format.whole(answers.value));
  }

  /**
   * Sends the answer as server-sent events that end in `[DONE]`. A refusal before the first event is thrown; a later one
   * is an event `{error}`, after which the stream ends without `[DONE]`.
   */
  async stream(
    reply: FastifyReply,
    id: string,
    prepared: PreparedAnswer,
    format: AnswerFormat,
  ): Promise<void> {
    const gone = clientGone(reply);
    const stream = new EventStream(reply, () => gone.abort());
    const open = new Set<number>();
    const begin = (choice: number) => {
      if (open.has(choice)) return;
      open.add(choice);
      stream.send(format.open(choice));
    };
    const on = (delta: AnswerDelta) => {
      begin(delta.choice);
      const data = format.delta(delta);
      if (data !== null) stream.send(data);
    };
    const answers = await this.outcome(prepared, { id, signal: gone.signal, on });
    if (gone.signal.aborted) {
      reply.raw.destroy();
      return;
    }
    if (!answers.ok) {
      if (!stream.begun) throw asProblem(answers.error);
      stream.send(JSON.stringify({ error: errorEvent(answers.error) }));
      stream.end();
      return;
    }
    answers.value.forEach((answer, choice) => {
      begin(choice);
      stream.send(format.close(choice, answer));
    });
    const usage = format.usage(answers.value);
    if (usage !== null) stream.send(usage);
    stream.send('[DONE]');
    stream.end();
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
      return err(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
    }
  }
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
  return { message: error.message, type, code: error.code, param: null };
}
