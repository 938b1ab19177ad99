import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { PassThrough } from 'node:stream';
import { Roles } from '../../auth/index.js';
import { messageOf } from '../../common/index.js';
import { ProblemException } from '../../common/problem.js';
import { Fsck } from '../fsck/fsck.js';

/** `POST /chain/fsck`. */
export class FsckBody {
  @IsOptional()
  @IsBoolean()
  readonly repair?: boolean;
}

/** Least time between two lines of progress, ms. */
const PROGRESS_MS = 200;

/** The check of the data folder, for administrators and for `stemma fsck` beside a running server. */
@Controller('chain')
export class FsckController {
  private running = false;

  constructor(private readonly fsck: Fsck) {}

  @ApiOperation({
    summary: 'Checks blocks, log and database against each other',
    description:
      'Answers with lines of JSON: `{progress: {done, total, step}}` while it runs, `{report}` or `{error}` at the end',
  })
  @Post('fsck')
  @HttpCode(200)
  @Roles('admin')
  async run(@Body() { repair }: FsckBody, @Res() reply: FastifyReply): Promise<void> {
    if (this.running) throw new ProblemException(409, 'FSCK_RUNNING', 'A check is running already.');
    this.running = true;
    const lines = new PassThrough();
    void reply.header('content-type', 'application/x-ndjson').send(lines);
    const write = (line: object) => lines.write(`${JSON.stringify(line)}\n`);
    let last = 0;
    try {
      const report = await this.fsck.run(
        { repair: repair ?? false, exclusive: false },
        (done, total, step) => {
          if (performance.now() - last < PROGRESS_MS) return;
          last = performance.now();
          write({ progress: { done, total, step } });
        },
      );
      write({ report });
    } catch (thrown) {
      write({ error: { code: 'FSCK_FAILED', detail: messageOf(thrown) } });
    } finally {
      this.running = false;
      lines.end();
    }
  }
}
