import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Roles } from '../../auth/index.js';
import { unwrap } from '../../common/index.js';
import { GgufExport } from '../gguf/gguf-export.js';
import { GgufQuery, ModelParameters } from './dto.js';

/** Releases as files for llama.cpp. */
@ApiTags('models')
@Controller('models')
export class GgufController {
  constructor(private readonly gguf: GgufExport) {}

  @ApiOperation({
    summary: 'A release as a GGUF file for llama.cpp, streamed',
    description:
      '`X-Gguf-Type` names the most frequent element type, `X-Gguf-Notes` what llama.cpp will do differently. A block that turns out to be damaged ends the answer before its announced length.',
  })
  @Get(':name/gguf')
  @Roles('user')
  async file(
    @Param() { name }: ModelParameters,
    @Query() { release }: GgufQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const file = unwrap(await this.gguf.prepare(release === undefined ? name : `${name}@${release}`));
    await reply
      .header('content-type', 'application/octet-stream')
      .header('content-length', file.size)
      .header('content-disposition', `attachment; filename="${name}.gguf"`)
      .header('cache-control', 'no-store')
      .header('x-gguf-type', file.type)
      .header('x-gguf-notes', file.notes.join('; '))
      .send(Readable.from(file.chunks(), { objectMode: false }));
  }
}
