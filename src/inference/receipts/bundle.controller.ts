import { Readable } from 'node:stream';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IdentifiedRequest } from '../../auth/index.js';
import { BundleWriter } from '../bundle/bundle-writer.js';
import { refusal } from '../responses/refusal.js';
import { viewerOf } from '../responses/viewer.js';
import { ReceiptService } from './receipt-service.js';
import { ReceiptParameters } from './receipts.dto.js';

/** Evidence bundles: everything that is needed to replay an answer on a machine that has never seen this server. */
@ApiTags('receipts')
@Controller('v1/receipts')
export class BundleController {
  constructor(
    private readonly receipts: ReceiptService,
    private readonly bundles: BundleWriter,
  ) {}

  @ApiOperation({ summary: 'The bundle as a zip archive, streamed' })
  @Get(':id/bundle')
  async bundle(
    @Param() { id }: ReceiptParameters,
    @Req() request: IdentifiedRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const document = await this.receipts.complete(id, viewerOf(request));
    if (!document.ok) throw refusal(document.error);
    const bundle = await this.bundles.bundle(document.value);
    if (!bundle.ok) throw refusal(bundle.error);
    await reply
      .header('content-type', 'application/zip')
      .header('content-length', bundle.value.size)
      .header('content-disposition', `attachment; filename="${id}.zip"`)
      .header('cache-control', 'no-store')
      .send(Readable.from(bundle.value.stream(), { objectMode: false }));
  }
}
