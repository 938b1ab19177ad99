import { Controller, Get, Header, Param, Query, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ProblemException } from '../../common/problem.js';
import { LogFiles } from '../files/log-files.js';
import { EntryList, type NumberedLeaf } from '../read/entry-list.js';
import { LogReader, type ConsistencyProof, type InclusionProof } from '../read/log-reader.js';
import { levelShape, parseTilePath, TILE_WIDTH, type TileId } from '../tree/tile-path.js';
import { ConsistencyQuery, EntriesQuery, InclusionQuery } from './log-queries.js';

const IMMUTABLE = 'public, max-age=31536000, immutable';
const DEFAULT_LIMIT = 100;

/** The log as others read it: C2SP tlog-tiles, and proofs ready made. */
@Controller('log')
export class LogController {
  constructor(
    private readonly log: LogReader,
    private readonly files: LogFiles,
    private readonly entryList: EntryList,
  ) {}

  @ApiOperation({ summary: 'The newest signed checkpoint' })
  @Get('checkpoint')
  @Header('content-type', 'text/plain; charset=utf-8')
  @Header('cache-control', 'no-cache')
  async checkpoint(): Promise<string> {
    return (await this.log.checkpoint()).note;
  }

  @ApiOperation({ summary: 'The key checkpoints are signed with, as a verifier key of signed notes' })
  @Get('key')
  @Header('content-type', 'text/plain; charset=utf-8')
  async key(): Promise<string> {
    return `${await this.log.verifierKey()}\n`;
  }

  @ApiOperation({ summary: 'A tile `<L>/<N>[.p/W]` or an entry bundle `entries/<N>[.p/W]`' })
  @Get('tile/*')
  async tile(@Param('*') path: string | string[], @Res() reply: FastifyReply): Promise<void> {
    const id = parseTilePath(Array.isArray(path) ? path.join('/') : path);
    if (id === null) throw new ProblemException(400, 'LOG_TILE_PATH', 'This is not the path of a tile.');
    const { size } = await this.log.checkpoint();
    const bytes = isPublished(id, size) ? await this.files.read(id) : null;
    if (bytes === null)
      throw new ProblemException(404, 'LOG_TILE_UNKNOWN', 'The log has no such tile yet.', { size });
    await reply
      .header('content-type', 'application/octet-stream')
      .header('cache-control', IMMUTABLE)
      .send(Buffer.from(bytes));
  }

  @ApiOperation({
    summary:
      'Proof that an entry is in the log; with the checkpoint it leads to, when that is the newest one',
  })
  @Get('proof/inclusion')
  async inclusion(@Query() query: InclusionQuery): Promise<InclusionProof & { checkpoint: string | null }> {
    const index = query.index ?? (await this.indexFor(query));
    const newest = await this.log.checkpoint();
    const proof = await this.log.inclusion(index, query.size ?? newest.size);
    if (!proof.ok) throw ProblemException.from(proof.error);
    return { ...proof.value, checkpoint: proof.value.size === newest.size ? newest.note : null };
  }

  @ApiOperation({ summary: 'Proof that the log only grew' })
  @Get('proof/consistency')
  async consistency(@Query() { first, second }: ConsistencyQuery): Promise<ConsistencyProof> {
    const proof = await this.log.consistency(first, second);
    if (!proof.ok) throw ProblemException.from(proof.error);
    return proof.value;
  }

  @ApiOperation({ summary: 'Entries, newest first' })
  @Get('entries')
  async entries(
    @Query() query: EntriesQuery,
  ): Promise<{ items: NumberedLeaf[]; next_cursor: string | null }> {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const before = query.cursor === undefined ? null : Number(query.cursor);
    const found = await this.entryList.newest(query, before, limit + 1);
    const items = found.slice(0, limit);
    return { items, next_cursor: found.length > limit ? String(items.at(-1)!.index) : null };
  }

  private async indexFor({ subject, kind }: InclusionQuery): Promise<number> {
    if (subject === undefined || kind === undefined)
      throw new ProblemException(400, 'VALIDATION_FAILED', 'Give index, or subject and kind.');
    const index = await this.log.indexOf(subject, kind);
    if (index !== null) return index;
    throw new ProblemException(404, 'LOG_ENTRY_UNKNOWN', 'The log has no such entry yet.');
  }
}

/** Whether a log of `size` leaves has this tile with that many places filled. */
function isPublished({ level, index, width }: TileId, size: number): boolean {
  const { hashes } = levelShape(size, level === 'entries' ? 0 : level);
  return index * TILE_WIDTH + width <= hashes;
}
