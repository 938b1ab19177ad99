import { Body, Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { ReceiptParameters } from '../receipts/receipts.dto.js';
import { clientGone } from '../responses/client-gone.js';
import { refusal } from '../responses/refusal.js';
import { viewerOf } from '../responses/viewer.js';
import { questionOf, TestimonyQuestionDto } from './testimony.dto.js';
import { TestimonyService } from './testimony.service.js';
import type { Testimony } from './testimony.js';

/** Testimonies: what lies under an answer, for a dispute about it. */
@ApiTags('receipts')
@Controller('v1/receipts')
export class TestimonyController {
  constructor(private readonly testimonies: TestimonyService) {}

  @ApiOperation({
    summary:
      'What this node says of how it came to an answer: digests by position, layer and operator, or one output',
  })
  @Post(':id/testimony')
  @HttpCode(200)
  @Roles('user')
  @NeedsScope('inference')
  async testify(
    @Param() { id }: ReceiptParameters,
    @Body() dto: TestimonyQuestionDto,
    @Req() request: IdentifiedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Testimony> {
    const question = questionOf(dto);
    if (!question.ok) throw refusal(question.error);
    const { signal } = clientGone(reply);
    const testimony = await this.testimonies.testimony(id, question.value, viewerOf(request), signal);
    if (!testimony.ok) throw refusal(testimony.error);
    return testimony.value;
  }
}
