import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope } from '../../auth/index.js';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { unwrap } from '../../common/index.js';
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
  async logits(@Body() { model, ids, last }: LogitsDto): Promise<object> {
    const answer = unwrap(await this.service.compute(model, ids, last));
    return { ...answer, logits: answer.logits.map((row) => [...row]) };
  }
}
