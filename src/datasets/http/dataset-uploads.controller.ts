import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest, type Identity } from '../../auth/index.js';
import { CodedError, unwrap } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { DatasetUploads } from '../upload/dataset-uploads.js';
import { parseDescription } from '../upload/description.js';
import { MultipartDataset } from '../upload/multipart-dataset.js';
import { CompleteUploadDto, DatasetChunkQuery, DatasetUploadParameters } from './dto.js';
import { recordView, uploadView } from './views.js';

/** The door for datasets. */
@ApiTags('datasets')
@Controller('datasets')
@Roles('user')
@NeedsScope('chain:write')
export class DatasetUploadsController {
  constructor(
    private readonly config: AppConfig,
    private readonly multipart: MultipartDataset,
    private readonly uploads: DatasetUploads,
  ) {}

  @ApiOperation({
    summary: 'Uploads a dataset, or opens an upload in chunks',
    description:
      'Multipart: the whole dataset. JSON (the description alone): opens an upload in chunks, or finds it again, and tells how far it is and which proof of work it will need.',
  })
  @Post()
  @HttpCode(200)
  @ApiConsumes('multipart/form-data', 'application/json')
  async upload(@Req() request: FastifyRequest & IdentifiedRequest): Promise<object> {
    const who = whoOf(request);
    if (request.isMultipart()) return recordView(unwrap(await this.multipart.take(who, request)));
    const description = unwrap(parseDescription(request.body, this.config.datasetMaxMb * 2 ** 20));
    return uploadView(unwrap(await this.uploads.begin(who, description)));
  }

  @ApiOperation({ summary: 'How far an upload is' })
  @Get('uploads/:id')
  async state(@Param() { id }: DatasetUploadParameters, @Req() request: IdentifiedRequest): Promise<object> {
    return uploadView(unwrap(await this.uploads.state(whoOf(request), id)));
  }

  @ApiOperation({
    summary: 'The next chunk of the files, one behind the other, as `application/octet-stream`',
  })
  @Put('uploads/:id')
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  async chunk(
    @Param() { id }: DatasetUploadParameters,
    @Query() { offset }: DatasetChunkQuery,
    @Body() body: unknown,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    if (!isStream(body))
      throw new CodedError('UPLOAD_MEDIA_TYPE', 'chunks are application/octet-stream', {}, 415);
    return uploadView(unwrap(await this.uploads.append(whoOf(request), id, offset, body)));
  }

  @ApiOperation({ summary: 'Ends an upload whose bytes are all here; the audit follows by itself' })
  @Post('uploads/:id/complete')
  @HttpCode(200)
  async complete(
    @Param() { id }: DatasetUploadParameters,
    @Body() { nonce }: CompleteUploadDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return recordView(unwrap(await this.uploads.complete(whoOf(request), id, nonce)));
  }

  @ApiOperation({ summary: 'Gives an upload up' })
  @Delete('uploads/:id')
  @HttpCode(204)
  async discard(@Param() { id }: DatasetUploadParameters, @Req() request: IdentifiedRequest): Promise<void> {
    await this.uploads.discard(whoOf(request), id);
  }
}

function whoOf(request: IdentifiedRequest): Identity {
  return request.identity ?? ANONYMOUS;
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
