import { PassThrough } from 'node:stream';
import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Roles } from '../../auth/index.js';
import { messageOf } from '../../common/index.js';
import { Snapshots } from '../create/snapshots.js';

/** `POST /api/snapshots`. */
export class SnapshotBodyDto {
  /** Whether the node's private keys go along. */
  @IsOptional()
  @IsBoolean()
  readonly with_keys?: boolean;

  /** How many snapshots stay, the new one included. */
  @IsOptional()
  @Min(1)
  @Max(10_000)
  @IsInt()
  readonly keep?: number;
}

/** Least time between two lines of progress, ms. */
const PROGRESS_MS = 200;

/** Snapshots, for administrators and for `stemma snapshot create` beside a running server. */
@Controller('api/snapshots')
export class SnapshotsController {
  constructor(private readonly snapshots: Snapshots) {}

  @ApiOperation({
    summary: 'Makes a snapshot in SNAPSHOT_DIR while the server goes on',
    description:
      'Answers with lines of JSON: `{progress: {done, total, step}}` while it is made, `{report}` or `{error}` at the end. ' +
      'The files stay on the server; no path is taken from the request.',
  })
  @Post()
  @HttpCode(200)
  @Roles('admin')
  async create(@Body() { with_keys, keep }: SnapshotBodyDto, @Res() reply: FastifyReply): Promise<void> {
    const lines = new PassThrough();
    void reply.header('content-type', 'application/x-ndjson').send(lines);
    const write = (line: object) => lines.write(`${JSON.stringify(line)}\n`);
    let last = 0;
    try {
      const made = await this.snapshots.create({ withKeys: with_keys, keep }, (done, total, step) => {
        if (performance.now() - last < PROGRESS_MS) return;
        last = performance.now();
        write({ progress: { done, total, step } });
      });
      if (made.ok) write({ report: made.value });
      else write({ error: { code: made.error.code, detail: made.error.message } });
    } catch (thrown) {
      write({ error: { code: 'SNAPSHOT_FAILED', detail: messageOf(thrown) } });
    } finally {
      lines.end();
    }
  }
}
