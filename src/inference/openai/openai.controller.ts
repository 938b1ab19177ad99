import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsScope } from '../../auth/index.js';
import { SameAnswers } from '../../common/answer-text.js';
import { ProblemException } from '../../common/problem.js';
import { ReleaseSource, type ModelSummary } from '../models/release-source.js';
import { AnswerEndpoint, type AnswerHttpRequest } from '../responses/answer-endpoint.js';
import { ChatCompletionFormat } from './chat-completion-format.js';
import { ChatCompletionDto } from './chat-completion.dto.js';
import { CompletionFormat } from './completion-format.js';
import { CompletionDto } from './completion.dto.js';
import type { GenerationDto } from './generation.dto.js';
import { fromChatCompletion, fromCompletion } from './to-answer-request.js';

/** The endpoints OpenAI's clients know. */
@ApiTags('inference')
@Controller('v1')
export class OpenAiController {
  private readonly lists = new SameAnswers(1);

  constructor(
    private readonly endpoint: AnswerEndpoint,
    private readonly releases: ReleaseSource,
  ) {}

  @ApiOperation({ summary: 'Answers a conversation' })
  @Post('chat/completions')
  @NeedsScope('inference')
  @HttpCode(200)
  chatCompletions(
    @Body() body: ChatCompletionDto,
    @Req() request: AnswerHttpRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.endpoint.answer({
      ...{ request, reply, body, ...streaming(body) },
      asked: fromChatCompletion(body),
      kind: 'chatcmpl',
      format: (context) => new ChatCompletionFormat(context),
    });
  }

  @ApiOperation({ summary: 'Continues a text' })
  @Post('completions')
  @NeedsScope('inference')
  @HttpCode(200)
  completions(
    @Body() body: CompletionDto,
    @Req() request: AnswerHttpRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.endpoint.answer({
      ...{ request, reply, body, ...streaming(body) },
      asked: fromCompletion(body),
      kind: 'cmpl',
      format: (context) => new CompletionFormat(context),
    });
  }

  @ApiOperation({ summary: 'Every model, by the name requests use' })
  @Get('models')
  async models(): Promise<object> {
    const models = await this.releases.models();
    return this.lists.of(
      '',
      models.flatMap((model) => Object.values(model) as unknown[]),
      () => ({
        object: 'list',
        data: models.map(modelObject),
      }),
    );
  }

  @ApiOperation({ summary: 'One model; `genesis@1.0.0` names a certain release' })
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

  /** Clients that leave the slashes of other servers' names as they are get the refusal they understand. */
  @ApiExcludeEndpoint()
  @Get('models/*')
  modelWithSlashes(@Param('*') path: string | string[]): Promise<object> {
    return this.model(Array.isArray(path) ? path.join('/') : path);
  }
}

function streaming({ stream, stream_options }: GenerationDto) {
  return { stream: stream === true, includeUsage: stream_options?.include_usage === true };
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
