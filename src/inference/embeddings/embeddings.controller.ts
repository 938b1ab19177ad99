import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsScope } from '../../auth/index.js';
import { clientGone } from '../responses/client-gone.js';
import { refusal } from '../responses/refusal.js';
import { traceOf } from '../responses/trace-of.js';
import { embeddingList } from './embedding-format.js';
import { EmbeddingDto } from './embedding.dto.js';
import { EmbeddingService } from './embedding.service.js';
import { inputList } from './input-list.js';

/** Vectors in the form OpenAI's clients know. */
@ApiTags('inference')
@Controller('v1')
export class EmbeddingsController {
  constructor(private readonly embeddings: EmbeddingService) {}

  @ApiOperation({
    summary: 'Vectors that stand for texts',
    description:
      'The mean of the final hidden states, scaled to length 1. The same input has the same bits in any company. No receipt is made.',
  })
  @Post('embeddings')
  @NeedsScope('inference')
  @HttpCode(200)
  async create(@Body() body: EmbeddingDto, @Res() reply: FastifyReply): Promise<void> {
    const { signal } = clientGone(reply);
    const inputs = inputList(body.input) ?? [];
    const request = { model: body.model, inputs, dimensions: body.dimensions ?? null };
    const made = await this.embeddings.embed(request, { signal, ...traceOf(reply) });
    if (signal.aborted) return;
    if (!made.ok) throw refusal(made.error);
    await reply
      .header('cache-control', 'no-store')
      .send(embeddingList(body.model, made.value, body.encoding_format ?? 'float'));
  }
}
