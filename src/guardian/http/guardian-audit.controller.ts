import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsScope, Roles } from '../../auth/index.js';
import { auditCsv, AuditExport, auditLines } from '../audit/audit-export.js';
import { GuardianTrail } from '../audit/guardian-trail.js';
import { GuardianAuditQuery } from './dto.js';

const USUAL_PAGE = 200;

/** What guardians and automatic action left in the log, for other tools. */
@ApiTags('autonomy')
@Controller('api/guardian/audit')
@NeedsScope('guardian')
@Roles('guardian')
export class GuardianAuditController {
  constructor(
    private readonly trail: GuardianTrail,
    private readonly exports: AuditExport,
  ) {}

  @ApiOperation({
    summary:
      'Audit records, oldest first, with proofs that they are in the log; `next-cursor` is a header in CSV and lines',
  })
  @Get()
  async list(
    @Query() { format = 'json', decision, limit = USUAL_PAGE, cursor }: GuardianAuditQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const found = await this.trail.list({
      limit: limit + 1,
      ...(decision === undefined ? {} : { decision }),
      ...(cursor === undefined ? {} : { after: cursor }),
    });
    const page = found.slice(0, limit);
    const next = found.length > limit ? page[page.length - 1].position : null;
    const { records, ...signed } = await this.exports.prove(page);
    if (format === 'json') {
      const items = records.map(({ record, ...place }) => ({ ...place, ...record }));
      return { items, next_cursor: next, ...signed };
    }
    if (next !== null) void reply.header('next-cursor', next);
    void reply.header('content-disposition', `attachment; filename="guardian-audit.${format}"`);
    if (format === 'csv') {
      void reply.type('text/csv; charset=utf-8');
      return auditCsv(records, signed);
    }
    void reply.type('application/x-ndjson');
    return `${JSON.stringify(signed)}\n${auditLines(records)}`;
  }
}
