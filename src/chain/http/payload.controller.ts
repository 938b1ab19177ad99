import type { Readable } from 'node:stream';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Result } from '../../common/index.js';
import { ProblemException } from '../../common/problem.js';
import { unknownBlock } from '../block/index.js';
import { BlockReader } from '../read/block-reader.js';
import { BlockStores } from '../store/block-stores.js';
import type { ByteRange } from '../store/blob-store.js';
import { parseRange } from './byte-range.js';
import { BlockParameters } from './chain-requests.js';

/** Payloads never change: whoever has one may keep it for ever. */
const IMMUTABLE = 'public, max-age=31536000, immutable, no-transform';
/** A payload up to this size that lies as a delta is sent whole without making a file of it, bytes. */
const IN_MEMORY_BYTES = 4 * 2 ** 20;

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
    const stat = await payloads.stat(payload_hash);
    if (stat === null)
      throw new ProblemException(503, 'BLOB_MISSING', `The payload of block ${hash} is not in the store.`, {
        block: hash,
      });
    const kept = { etag, 'cache-control': IMMUTABLE, 'accept-ranges': 'bytes' };
    if (known?.split(',').some((tag) => tag.trim() === etag))
      return void (await reply.status(304).headers(kept).send());
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
    const content = await this.contentOf(payload_hash, stat.size, range);
    const type = payload_type === 'json' ? 'application/json' : 'application/octet-stream';
    void reply.headers({ ...kept, 'content-type': type });
    if (range === null) return void (await reply.header('content-length', stat.size).send(content));
    await reply
      .status(206)
      .header('content-range', `bytes ${range.start}-${range.end - 1}/${stat.size}`)
      .header('content-length', range.end - range.start)
      .send(content);
  }

  /** What is sent. What lies as a delta is made a file once, instead of for every range of it; small ones that are wanted whole need none. */
  private async contentOf(
    payload: string,
    size: number,
    range: ByteRange | null,
  ): Promise<Readable | Uint8Array> {
    const { payloads } = this.stores;
    if (range === null && size <= IN_MEMORY_BYTES && !(await payloads.whole.has(payload)))
      return Buffer.from(made(await payloads.read(payload)));
    made(await payloads.hold(payload));
    return payloads.open(payload, range ?? undefined);
  }
}

/** What came of a payload's deltas; that it cannot be made is this server's fault, whatever the reason, and may be over soon. */
function made<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ProblemException(503, result.error.code, result.error.message, result.error.facts);
}
