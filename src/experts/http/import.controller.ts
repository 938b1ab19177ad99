import type { ServerResponse } from 'node:http';
import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope, Roles } from '../../auth/index.js';
import { unwrap } from '../../common/index.js';
import type { ImportProgress } from '../import/import-options.js';
import { Importer } from '../import/importer.js';
import { ImportRequest } from './dto.js';

/** Least time between two lines of progress, ms. */
const PROGRESS_MS = 100;

/** What the handler needs of Fastify's reply. */
interface StreamingReply {
  readonly raw: ServerResponse;
  hijack(): void;
  getHeaders(): Readonly<Record<string, string | number | string[] | undefined>>;
}

/** Import of checkpoints that lie on the server's machine. */
@ApiTags('models')
@Controller('models/import')
export class ImportController {
  constructor(private readonly importer: Importer) {}

  @ApiOperation({
    summary: 'Imports a checkpoint',
    description:
      'The answer is a stream of JSON lines: `{progress: {step, done, total}}` while it runs, then `{release: …}` or `{error: {code, message}}`. What is refused before any weight was read is an ordinary problem. A client that goes away stops the import; it can be started again and goes on where it was.',
  })
  @Post()
  @Roles('admin')
  @NeedsScope('models:write')
  async import(@Body() request: ImportRequest, @Res() reply: StreamingReply): Promise<void> {
    const lines = new JsonLines(reply);
    const stop = new AbortController();
    reply.raw.once('close', () => stop.abort());
    const { folder, ...options } = request;
    const outcome = await this.importer.import(folder, { ...options, signal: stop.signal }, (p) =>
      lines.progress(p),
    );
    if (!lines.started) unwrap(outcome);
    if (outcome.ok) return lines.end({ release: outcome.value });
    const { code, message, facts } = outcome.error;
    lines.end({ error: { code, message, facts } });
  }
}

/** Writes one JSON value per line; begins the answer with the first. */
class JsonLines {
  started = false;
  private lastProgress = 0;

  constructor(private readonly reply: StreamingReply) {}

  progress(progress: ImportProgress): void {
    const now = performance.now();
    if (now - this.lastProgress < PROGRESS_MS) return;
    this.lastProgress = now;
    this.write({ progress });
  }

  end(value: object): void {
    this.write(value);
    this.reply.raw.end();
  }

  private write(value: object): void {
    const { raw } = this.reply;
    if (!this.started) {
      this.started = true;
      this.reply.hijack();
      raw.writeHead(200, {
        ...definedHeaders(this.reply),
        'content-type': 'application/x-ndjson',
        'cache-control': 'no-store',
      });
    }
    if (!raw.destroyed) raw.write(`${JSON.stringify(value)}\n`);
  }
}

function definedHeaders(reply: StreamingReply): Record<string, string | number | string[]> {
  return Object.fromEntries(
    Object.entries(reply.getHeaders()).filter(
      (header): header is [string, string | number | string[]] => header[1] !== undefined,
    ),
  );
}
