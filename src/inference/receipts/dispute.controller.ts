import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { IsObject } from 'class-validator';
import { NeedsScope, Roles } from '../../auth/index.js';
import type { Result } from '../../common/index.js';
import type { Verdict } from '../dispute/index.js';
import { parseEvidence, parseReceipt } from '../receipt/index.js';
import { refusal } from '../responses/refusal.js';
import { DisputeService, type PresentedSide } from './dispute-service.js';

/** Body of `POST /v1/receipts/dispute`: two documents as `GET /v1/receipts/:id` answers them, private parts included. */
export class DisputeDto {
  @IsObject()
  a!: object;

  @IsObject()
  b!: object;
}

/** Disputes: two receipts that do not agree. */
@ApiTags('receipts')
@Controller('v1/receipts')
export class DisputeController {
  constructor(private readonly disputes: DisputeService) {}

  @ApiOperation({
    summary: 'Computes two presented answers again and says which one does not hold, and from where on',
  })
  @Post('dispute')
  @HttpCode(200)
  @Roles('user')
  @NeedsScope('inference')
  async dispute(@Body() { a, b }: DisputeDto): Promise<Verdict> {
    return valueOf(await this.disputes.settle(presented(a), presented(b)));
  }
}

function presented(document: object): PresentedSide {
  const { receipt, evidence } = document as Record<string, unknown>;
  return { receipt: valueOf(parseReceipt(receipt)), evidence: valueOf(parseEvidence(evidence)) };
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw refusal(result.error);
  return result.value;
}
