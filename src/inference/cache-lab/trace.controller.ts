import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { NeedsScope, Roles } from '../../auth/index.js';
import { unwrap } from '../../common/index.js';
import { RoutingTraces } from './routing-traces.js';

/** `GET /experts/trace`. */
export class TraceQuery {
  /** `genesis` for the live release, `genesis@1.0.0` for a certain one. */
  @Length(1, 200)
  @IsString()
  model!: string;
}

/** Recorded routing, for `stemma cache-lab`. Which experts were used says something about the texts: administrators only. */
@ApiTags('experts')
@Controller('experts/trace')
export class TraceController {
  constructor(private readonly traces: RoutingTraces) {}

  @ApiOperation({
    summary:
      'Which experts the latest passes of a model used, as a routing trace (docs/formats/routing-trace.md)',
  })
  @Roles('admin')
  @NeedsScope('admin')
  @Get()
  async trace(@Query() { model }: TraceQuery): Promise<StreamableFile> {
    const bytes = unwrap(await this.traces.read(model));
    return new StreamableFile(bytes, { type: 'application/octet-stream', length: bytes.length });
  }
}
