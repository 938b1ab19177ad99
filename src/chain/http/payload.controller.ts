import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ProblemException } from '../../common/problem.js';
import { BlockReader, unknownBlock } from '../read/block-reader.js';
import { BlockStores } from '../store/block-stores.js';
import { parseRange } from './byte-range.js';
import { BlockParameters } from './chain-requests.js';

/** Payloads never change: whoever has one may keep it for ever. */
const IMMUTABLE = 'public, max-age=31536000, immutable, no-transform';

/** The bytes of blocks, whole or in ranges. Readers check them against the header; the server sends what is stored. */
@Controller('chain')
export class PayloadController {
  constructor(
    private readonly reader: BlockReader,
    private readonly stores: BlockStores,
  ) {}

  @ApiOperation({
    summary: "A block's payload as the delta from its parent's, where this server has made one",
    description:
      'For whoever has the payload of `metadata.parent` already (docs/formats/delta-block.md). 404 `DELTA_NONE` where there is none: the payload itself is always to be had.',
  })
  @Get(':id/blocks/:hash/delta')
  async delta(@Param() { id, hash }: BlockParameters, @Res() reply: FastifyReply): Promise<void> {
    const block = await this.reader.header(hash);
    if (block === null || block.header.chain_id !== id) throw ProblemException.from(unknownBlock(hash));
    const { deltas } = this.stores.payloads;
    const { payload_hash } = block.header;
    const stat = await deltas.stat(payload_hash);
    if (stat === null)
      throw new ProblemException(404, 'DELTA_NONE', `There is no delta of block ${hash}.`, { block: hash });
    await reply
      .headers({ 'cache-control': 'no-cache', 'content-type': 'application/octet-stream' })
      .header('content-length', stat.size)
      .send(deltas.open(payload_hash));
  }

  @ApiOperation({
    summary: "A block's payload; `ETag` is its hash, single byte ranges are answered with 206",
  })
  @Get(':id/blocks/:hash/payload')
  async payload(
    @Param() { id, hash }: BlockParameters,
    @Headers('range') rangeHeader: string | undefined,
    @Headers('if-none-match') known: string | undefined,
    @Headers('if-range') condition: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const block = await this.reader.header(hash);
    if (block === null || block.header.chain_id !== id) throw ProblemException.from(unknownBlock(hash));
    const { payload_hash, payload_type } = block.header;
    const etag = `"${payload_hash}"`;
    const { payloads } = this.stores;
    // What lies as a delta is made whole once, instead of for every range of it; a refusal shows as a payload that is not there.
    await payloads.hold(payload_hash);
    const stat = await payloads.stat(payload_hash);
    if (stat === null)
      throw new ProblemException(503, 'BLOB_MISSING', `The payload of block ${hash} is not in the store.`, {
        block: hash,
      });
    void reply.headers({
      etag,
      'cache-control': IMMUTABLE,
      'accept-ranges': 'bytes',
    });
    if (known?.split(',').some((tag) => tag.trim() === etag)) return void (await reply.status(304).send());
    void reply.header(
      'content-type',
      payload_type === 'json' ? 'application/json' : 'application/octet-stream',
    );
    const range = condition === undefined || condition === etag ? parseRange(rangeHeader, stat.size) : null;
    if (range === 'unsatisfiable')
      throw new ProblemException(
        416,
        'RANGE_NOT_SATISFIABLE',
        `The payload has ${stat.size} bytes.`,
        {},
        {
          'content-range': `bytes */${stat.size}`,
        },
      );
    if (range === null)
      return void (await reply.header('content-length', stat.size).send(payloads.open(payload_hash)));
    await reply
      .status(206)
      .header('content-range', `bytes ${range.start}-${range.end - 1}/${stat.size}`)
      .header('content-length', range.end - range.start)
      .send(payloads.open(payload_hash, range));
  }
}
