import { Body, Controller, Get, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsScope, Roles } from '../../auth/index.js';
import { SameAnswers } from '../../common/answer-text.js';
import type { Result } from '../../common/index.js';
import { ProblemException } from '../../common/problem.js';
import type { BlockHeader, ChainId } from '../block/index.js';
import { BlockPublisher } from '../publish/block-publisher.js';
import { BlockGraph, type BlockGraphPart } from '../read/block-graph.js';
import { BlockPages } from '../read/block-pages.js';
import { unknownBlock } from '../block/index.js';
import { BlockUploads } from '../read/block-uploads.js';
import { BlockReader } from '../read/block-reader.js';
import type { StoredBlock } from '../tables/block-queries.js';
import { pageView, toView, type BlockPageView, type BlockView } from './block-view.js';
import { BlockParameters, BlocksQuery, ChainParameters, GraphQuery, PublishBody } from './chain-requests.js';

const GRAPH_LIMIT = 1000;
const PAGE = 100;
/** Pages whose text is remembered. */
const MOST_VIEWS = 64;

/** A block that was offered, as it is now. */
interface PublishedView extends BlockView {
  /** False when the chain had it already. */
  readonly created: boolean;
}

/** A block by itself. */
interface SingleView extends BlockView {
  /** The account that uploaded it; null where it came in another way. */
  readonly uploaded_by: string | null;
}

/** The chains as others read them, and the door for new blocks. */
@Controller('chain')
export class ChainController {
  private readonly views = new SameAnswers(MOST_VIEWS);

  constructor(
    private readonly reader: BlockReader,
    private readonly pages: BlockPages,
    private readonly graph: BlockGraph,
    private readonly publisher: BlockPublisher,
    private readonly uploads: BlockUploads,
  ) {}

  @ApiOperation({ summary: 'Height and head of every chain' })
  @Get('status')
  async status(): Promise<{ chains: { id: ChainId; height: number; head: string | null }[] }> {
    const heads = await this.reader.heads();
    return { chains: heads.map(({ chain, height, hash }) => ({ id: chain, height, head: hash })) };
  }

  @ApiOperation({ summary: 'Part of the DAG, for drawing' })
  @Get('B/graph')
  part(@Query() { model, release, limit }: GraphQuery): Promise<BlockGraphPart> {
    return this.graph.part({ model, release, limit: limit ?? GRAPH_LIMIT });
  }

  @ApiOperation({ summary: 'Blocks of a chain, newest first' })
  @Get(':id/blocks')
  async list(
    @Param() { id }: ChainParameters,
    @Query() { type, name, model, payload_hash, limit, cursor, order }: BlocksQuery,
  ): Promise<BlockPageView> {
    const filter = { type, name, model, payloadHash: payload_hash };
    const asked = [type, name, model, payload_hash, cursor, order];
    const newest = asked.every((value) => value === undefined) ? this.pages.newest(id, limit ?? PAGE) : null;
    if (newest === null)
      return pageView(accepted(await this.reader.list(id, filter, { limit: limit ?? PAGE, cursor, order })));
    const page = await newest;
    return this.views.of(`${id} ${limit}`, [page], () => pageView(page));
  }

  @ApiOperation({ summary: 'One block' })
  @Get(':id/blocks/:hash')
  async block(@Param() { id, hash }: BlockParameters): Promise<SingleView> {
    const block = await this.find(id, hash);
    return { ...toView(block), uploaded_by: await this.uploads.uploaderOf(hash) };
  }

  @ApiOperation({ summary: 'The blocks it depends on' })
  @Get(':id/blocks/:hash/parents')
  async parents(@Param() { id, hash }: BlockParameters): Promise<{ items: BlockView[] }> {
    await this.find(id, hash);
    return { items: (await this.reader.parents(hash)).map(toView) };
  }

  @ApiOperation({ summary: 'The first hundred blocks that depend on it' })
  @Get(':id/blocks/:hash/children')
  async children(@Param() { id, hash }: BlockParameters): Promise<{ items: BlockView[] }> {
    await this.find(id, hash);
    return { items: (await this.reader.children(hash)).map(toView) };
  }

  @ApiOperation({ summary: 'Offers a block: 201 when it is new, 200 when it was there' })
  @Post(':id/blocks')
  @Roles('contributor', 'node')
  @NeedsScope('chain:write')
  async publish(
    @Param() { id }: ChainParameters,
    @Body() body: PublishBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PublishedView> {
    if (body.header.chain_id !== id && typeof body.header.chain_id === 'string')
      throw new ProblemException(
        422,
        'BLOCK_CHAIN',
        `The block does not say that it belongs to chain ${id}.`,
      );
    const payload = Buffer.from(body.payload_base64, 'base64');
    const header = body.header as unknown as BlockHeader;
    const [block] = accepted(await this.publisher.publish([{ header, payload, hash: body.hash }]));
    void reply.status(block.created ? HttpStatus.CREATED : HttpStatus.OK);
    return { ...toView(await this.find(id, block.hash)), created: block.created };
  }

  private async find(chain: ChainId, hash: string): Promise<StoredBlock> {
    const block = await this.reader.header(hash);
    if (block === null || block.header.chain_id !== chain) throw ProblemException.from(unknownBlock(hash));
    return block;
  }
}

function accepted<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw ProblemException.from(result.error);
}
