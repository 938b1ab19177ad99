import { randomBytes } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IdentifiedRequest } from '../../auth/index.js';
import { systemClock } from '../../common/index.js';
import { ProblemException } from '../../common/problem.js';
import type { AnswerRequest } from '../answers/answer-request.js';
import { InferenceService } from '../answers/inference.service.js';
import { ReleaseSource, type ModelSummary } from '../models/release-source.js';
import type { AnswerContext, AnswerFormat } from '../responses/answer-format.js';
import { AnswerResponder } from '../responses/answer-responder.js';
import { subjectOf } from '../responses/viewer.js';
import { refusal } from '../responses/refusal.js';
import { ChatCompletionFormat } from './chat-completion-format.js';
import { ChatCompletionDto } from './chat-completion.dto.js';
import { CompletionFormat } from './completion-format.js';
import { CompletionDto } from './completion.dto.js';
import type { GenerationDto } from './generation.dto.js';
import { fromChatCompletion, fromCompletion } from './to-answer-request.js';

const ID_BYTES = 16;

/** The endpoints OpenAI's clients know. */
@ApiTags('inference')
@Controller('v1')
export class OpenAiController {
  constructor(
    private readonly inference: InferenceService,
    private readonly responder: AnswerResponder,
    private readonly releases: ReleaseSource,
  ) {}

  /** Answers a conversation. */
  @Post('chat/completions')
  @HttpCode(200)
  chatCompletions(
    @Body() body: ChatCompletionDto,
    @Req() request: IdentifiedRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const make = (context: AnswerContext) => new ChatCompletionFormat(context);
    return this.answer(body, fromChatCompletion(body, subjectOf(request)), 'chatcmpl', make, reply);
  }

  /** Continues a text. */
  @Post('completions')
  @HttpCode(200)
  completions(
    @Body() body: CompletionDto,
    @Req() request: IdentifiedRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const make = (context: AnswerContext) => new CompletionFormat(context);
    return this.answer(body, fromCompletion(body, subjectOf(request)), 'cmpl', make, reply);
  }

  /** Embeddings are not offered: the models served here have no embedding head. */
  @Post('embeddings')
  embeddings(): never {
    const detail = 'No model of this server makes embeddings.';
    throw new ProblemException(501, 'EMBEDDINGS_UNSUPPORTED', detail);
  }

  /** Every model, by the name requests use. */
  @Get('models')
  async models(): Promise<object> {
    return { object: 'list', data: (await this.releases.models()).map(modelObject) };
  }

  /** One model; `genesis@1.0.0` names a certain release. */
  @Get('models/:id')
  async model(@Param('id') id: string): Promise<object> {
    const release = await this.releases.resolve(id);
    const [name, version] = id.split('@');
    const known = (await this.releases.models()).find((model) => model.name === name);
    if (release === null || known === undefined) {
      const detail = `There is no model ${JSON.stringify(id)}; GET /v1/models lists those there are.`;
      throw new ProblemException(404, 'MODEL_NOT_FOUND', detail, { param: 'model' });
    }
    return { ...modelObject({ ...known, release, version: version ?? known.version }), id };
  }

  private async answer(
    body: GenerationDto,
    request: AnswerRequest,
    kind: string,
    make: (context: AnswerContext) => AnswerFormat,
    reply: FastifyReply,
  ): Promise<void> {
    const prepared = await this.inference.prepare(request);
    if (!prepared.ok) throw refusal(prepared.error);
    const id = `${kind}-${randomBytes(ID_BYTES).toString('hex')}`;
    const format = make({
      id,
      model: body.model,
      prepared: prepared.value,
      created: Math.floor(systemClock.now() / 1000),
      includeUsage: body.stream_options?.include_usage === true,
    });
    if (body.stream === true) await this.responder.stream(reply, id, prepared.value, format);
    else await this.responder.whole(reply, id, prepared.value, format);
  }
}

function modelObject({ name, version, release, createdAt }: ModelSummary): object {
  return {
    id: name,
    object: 'model',
    created: Math.floor(createdAt / 1000),
    owned_by: 'stemma',
    version,
    release,
  };
}
