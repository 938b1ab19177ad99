import { Readable } from 'node:stream';
import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsScope } from '../../auth/index.js';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { clientGone } from '../responses/client-gone.js';
import { refusal } from '../responses/refusal.js';
import { logitsJson } from './logits-json.js';
import { LogitsService } from './logits.service.js';

/** Body of `POST /logits`. */
export class LogitsDto {
  /** `genesis` for the live release, `genesis@1.0.0` for a certain one. */
  @Length(1, 200)
  @IsString()
  model!: string;

  @ArrayMaxSize(1 << 17)
  @Min(0, { each: true })
  @IsInt({ each: true })
  @IsArray()
  ids!: number[];

  /** Positions from the end; all by default. */
  @IsOptional()
  @Min(1)
  @Max(1 << 17)
  @IsInt()
  last?: number;
}

/** Raw logits, for comparison with other implementations. */
@ApiTags('inference')
@Controller('logits')
export class LogitsController {
  constructor(private readonly service: LogitsService) {}

  @ApiOperation({ summary: 'The logits after each of the last positions of some token ids' })
  @Post()
  @NeedsScope('inference')
  @HttpCode(200)
  async logits(@Body() { model, ids, last }: LogitsDto, @Res() reply: FastifyReply): Promise<void> {
    const { signal } = clientGone(reply);
    const answer = await this.service.compute(model, ids, last, signal);
    if (!answer.ok) throw refusal(answer.error);
    await reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(Readable.from(logitsJson(answer.value), { objectMode: false }));
  }
}
