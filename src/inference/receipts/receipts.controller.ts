import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { ok, type Result } from '../../common/index.js';
import { parseEvidence, parseLogProof, parseReceipt, type ReceiptDocument } from '../receipt/index.js';
import type { ReplayReport } from '../replay/replay-report.js';
import { clientGone } from '../responses/client-gone.js';
import { refusal } from '../responses/refusal.js';
import { viewerOf } from '../responses/viewer.js';
import { ReceiptService } from './receipt-service.js';
import { ReceiptStore, type ReceiptPage } from './receipt-store.js';
import { ReceiptParameters, ReceiptsQuery, VerifyReceiptDto } from './receipts.dto.js';

const USUAL_PAGE = 50;

/** Receipts: what produced an answer, and whether it holds. */
@ApiTags('receipts')
@Controller('v1/receipts')
export class ReceiptsController {
  constructor(
    private readonly receipts: ReceiptService,
    private readonly store: ReceiptStore,
  ) {}

  @ApiOperation({ summary: 'Receipts of the caller, newest first; an admin sees all' })
  @Get()
  @Roles('user')
  list(@Query() query: ReceiptsQuery, @Req() request: IdentifiedRequest): Promise<ReceiptPage> {
    const viewer = viewerOf(request);
    return this.store.list({
      limit: query.limit ?? USUAL_PAGE,
      ...(query.model === undefined ? {} : { model: query.model }),
      ...(query.cursor === undefined ? {} : { before: query.cursor }),
      ...(viewer.roles.includes('admin') ? {} : { owner: viewer.subject }),
    });
  }

  @ApiOperation({ summary: 'Checks a presented receipt against signature, log, and what this node has' })
  @Post('verify')
  @HttpCode(200)
  @Roles('public')
  async verify(@Body() body: VerifyReceiptDto): Promise<ReplayReport> {
    const given = <T>(
      value: object | null | undefined,
      parse: (value: unknown) => Result<T>,
    ): Result<T | null> => (value === null || value === undefined ? ok(null) : parse(value));
    return this.receipts.verify({
      receipt: valueOf(parseReceipt(body.receipt)),
      evidence: valueOf(given(body.evidence, parseEvidence)),
      log: valueOf(given(body.log, parseLogProof)),
    });
  }

  @ApiOperation({ summary: 'A receipt with its proof, and with the private part for whoever may see it' })
  @Get(':id')
  async one(@Param() { id }: ReceiptParameters, @Req() request: IdentifiedRequest): Promise<ReceiptDocument> {
    return valueOf(await this.receipts.document(id, viewerOf(request)));
  }

  @ApiOperation({ summary: 'Computes the answer again from its blocks and says what disagrees' })
  @Post(':id/replay')
  @NeedsScope('inference')
  @HttpCode(200)
  async replay(
    @Param() { id }: ReceiptParameters,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReplayReport> {
    return valueOf(await this.receipts.replay(id, clientGone(reply).signal));
  }
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw refusal(result.error);
  return result.value;
}
