import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsScope } from '../../auth/index.js';
import { ProblemException } from '../../common/problem.js';
import type { PreparedAnswer } from '../answers/answer-request.js';
import { ReleaseSource } from '../models/release-source.js';
import { AnswerEndpoint, type AnswerHttpRequest } from '../responses/answer-endpoint.js';
import { ChatFormat } from './chat-format.js';
import { ChatDto } from './chat.dto.js';

/** The server's own chat endpoint: one prompt, one answer. */
@ApiTags('inference')
@Controller()
export class ChatController {
  constructor(
    private readonly endpoint: AnswerEndpoint,
    private readonly releases: ReleaseSource,
  ) {}

  @ApiOperation({ summary: "Answers one prompt with the model's own defaults" })
  @Post('chat')
  @NeedsScope('inference')
  @HttpCode(200)
  async chat(
    @Body() body: ChatDto,
    @Req() request: AnswerHttpRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    refuseModes(body);
    const model = body.model ?? (await this.firstModel());
    await this.endpoint.answer({
      ...{ request, reply, body, stream: body.stream === true },
      asked: {
        model,
        prompt: { messages: [{ role: 'user', content: body.prompt }] },
        speculative: body.enable_speculative ?? undefined,
      },
      kind: 'chat',
      format: (context) => new ChatFormat(context),
      check: (prepared) => refuseExperts(body, prepared),
    });
  }

  private async firstModel(): Promise<string> {
    const [first] = await this.releases.models();
    if (first !== undefined) return first.name;
    throw new ProblemException(404, 'MODEL_NOT_FOUND', 'This server has no model yet.', { param: 'model' });
  }
}

/** Modes that are not there are refused by name, never ignored. */
function refuseModes(body: ChatDto): void {
  if (body.use_moe === false) throw unsupported('use_moe', 'Every model here is a mixture of experts.');
  if (body.use_distributed === true)
    throw unsupported('use_distributed', 'Execution on several nodes is not supported.');
}

function refuseExperts({ top_k_experts }: ChatDto, { model }: PreparedAnswer): void {
  const { expertsPerToken } = model.engine.config;
  if (top_k_experts === undefined || top_k_experts === null || top_k_experts === expertsPerToken) return;
  throw unsupported('top_k_experts', `${model.name} uses ${expertsPerToken} experts per token.`);
}

function unsupported(param: string, detail: string): ProblemException {
  return new ProblemException(400, 'UNSUPPORTED_PARAMETER', `${param}: ${detail}`, { param });
}
