import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import type { Result } from '../../common/index.js';
import type { Verdict } from '../dispute/index.js';
import { parseEvidence, parseReceipt } from '../receipt/index.js';
import { clientGone } from '../responses/client-gone.js';
import { refusal } from '../responses/refusal.js';
import { viewerOf } from '../responses/viewer.js';
import { NodeDisputes } from '../testimony/node-disputes.js';
import type { NodeVerdict } from '../testimony/settle-nodes.js';
import { DisputeDto, type DisputeNodeDto } from './dispute.dto.js';
import { DisputeService, type PresentedSide } from './dispute-service.js';

/** Disputes: two receipts that do not agree. */
@ApiTags('receipts')
@Controller('v1/receipts')
export class DisputeController {
  constructor(
    private readonly disputes: DisputeService,
    private readonly nodes: NodeDisputes,
  ) {}

  @ApiOperation({
    summary:
      'Says which of two answers does not hold, and from where on: by computing both again, or by the testimonies of their nodes',
  })
  @Post('dispute')
  @HttpCode(200)
  @Roles('user')
  @NeedsScope('inference')
  async dispute(
    @Body() { a, b, node_a, node_b }: DisputeDto,
    @Req() request: IdentifiedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Verdict | NodeVerdict> {
    const { signal } = clientGone(reply);
    const [first, second] = [presented(a), presented(b)];
    const [ofFirst, ofSecond] = [addressOf(node_a), addressOf(node_b)];
    if (ofFirst === null && ofSecond === null)
      return valueOf(await this.disputes.settle(first, second, signal));
    const [sideA, sideB] = [
      { ...first, node: ofFirst },
      { ...second, node: ofSecond },
    ];
    return valueOf(await this.nodes.settle(sideA, sideB, viewerOf(request), signal));
  }
}

function presented(document: object): PresentedSide {
  const { receipt, evidence } = document as Record<string, unknown>;
  return { receipt: valueOf(parseReceipt(receipt)), evidence: valueOf(parseEvidence(evidence)) };
}

function addressOf(node: DisputeNodeDto | null | undefined) {
  return node === null || node === undefined ? null : { url: node.url, token: node.token ?? null };
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw refusal(result.error);
  return result.value;
}
