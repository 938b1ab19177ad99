import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Matches, Max, Min } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import type { AcceptedBlock } from '../../chain/index.js';
import { CodedError, unwrap } from '../../common/index.js';
import { DeltaUpload } from '../upload/delta-upload.js';
import { MultipartUpload } from '../upload/multipart-upload.js';
import { UploadStore, type UploadState } from '../upload/upload-store.js';

/** An upload in a path. */
export class UploadParameters {
  @Matches(/^[0-9a-f]{32}$/, { message: 'id must be the id of an upload' })
  id!: string;
}

/** A payload of an upload in a path. */
export class PayloadParameters extends UploadParameters {
  @Matches(/^[0-9a-f]{64}$/, { message: 'payload must be a payload hash' })
  payload!: string;
}

/** Where a chunk begins. */
export class ChunkQuery {
  @Type(() => Number)
  @Min(0)
  @Max(2 ** 36)
  @IsInt()
  offset!: number;
}

/** The door for expert blocks made elsewhere. */
@ApiTags('experts')
@Controller('upload_moe_experts')
@Roles('contributor', 'node')
@NeedsScope('chain:write')
export class UploadController {
  constructor(
    private readonly multipart: MultipartUpload,
    private readonly store: UploadStore,
    private readonly deltas: DeltaUpload,
  ) {}

  @ApiOperation({
    summary: 'Publishes blocks, or opens an upload in chunks',
    description:
      'Multipart: publishes the blocks of the request. JSON `{headers: [signed header, …]}`: opens an upload in chunks, or finds it again, and tells how far each payload is.',
  })
  @Post()
  @HttpCode(200)
  @ApiConsumes('multipart/form-data', 'application/json')
  @ApiBody({
    schema: { type: 'object', properties: { headers: { type: 'array', items: { type: 'object' } } } },
  })
  async upload(
    @Req() request: FastifyRequest & IdentifiedRequest,
  ): Promise<UploadState | { items: object[] }> {
    if (request.isMultipart())
      return published(unwrap(await this.multipart.take(request, accountOf(request))));
    return unwrap(await this.store.begin(accountOf(request), headersOf(request.body)));
  }

  @ApiOperation({ summary: 'How far an upload is' })
  @Get(':id')
  async state(@Param() { id }: UploadParameters, @Req() request: IdentifiedRequest): Promise<UploadState> {
    return unwrap(await this.store.state(accountOf(request), id));
  }

  @ApiOperation({ summary: 'The next chunk of a payload, as `application/octet-stream`' })
  @Put(':id/:payload')
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  async chunk(
    @Param() { id, payload }: PayloadParameters,
    @Query() { offset }: ChunkQuery,
    @Body() body: unknown,
    @Req() request: IdentifiedRequest,
  ): Promise<UploadState> {
    if (!isStream(body))
      throw new CodedError('UPLOAD_MEDIA_TYPE', 'chunks are application/octet-stream', {}, 415);
    return unwrap(await this.store.append(accountOf(request), id, payload, offset, body));
  }

  @ApiOperation({
    summary: "A payload as the delta from its parent's, as `application/octet-stream`",
    description:
      'For a block whose `metadata.parent` this server has: the whole delta block (docs/formats/delta-block.md) in one request, at most 90 % as large as the payload.',
  })
  @Put(':id/:payload/delta')
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  async delta(
    @Param() { id, payload }: PayloadParameters,
    @Body() body: unknown,
    @Req() request: IdentifiedRequest,
  ): Promise<UploadState> {
    if (!isStream(body))
      throw new CodedError('UPLOAD_MEDIA_TYPE', 'deltas are application/octet-stream', {}, 415);
    return unwrap(await this.deltas.take(accountOf(request), id, payload, body));
  }

  @ApiOperation({ summary: 'Publishes a finished upload' })
  @Post(':id/complete')
  @HttpCode(200)
  async complete(
    @Param() { id }: UploadParameters,
    @Req() request: IdentifiedRequest,
  ): Promise<{ items: object[] }> {
    return published(unwrap(await this.store.complete(accountOf(request), id)));
  }

  @ApiOperation({ summary: 'Gives an upload up' })
  @Delete(':id')
  @HttpCode(204)
  async discard(@Param() { id }: UploadParameters, @Req() request: IdentifiedRequest): Promise<void> {
    await this.store.discard(accountOf(request), id);
  }
}

function accountOf({ identity }: IdentifiedRequest): string {
  return (identity ?? ANONYMOUS).subject;
}

function headersOf(body: unknown): readonly unknown[] {
  if (typeof body === 'object' && body !== null && Object.keys(body).join() === 'headers') {
    const { headers } = body as { headers: unknown };
    if (Array.isArray(headers)) return headers;
  }
  throw new CodedError(
    'VALIDATION_FAILED',
    'the body is {headers: [signed header, …]} or multipart',
    {},
    400,
  );
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

function published(blocks: readonly AcceptedBlock[]): { items: object[] } {
  return {
    items: blocks.map(({ hash, index, created, header }) => ({ hash, index, created, name: header.name })),
  };
}
