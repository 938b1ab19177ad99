import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { CodedError, unwrap } from '../../common/index.js';
import { LogAppender } from '../../log/index.js';
import { Anchors, type LeafProof } from '../audit/anchors.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { TaskStore } from '../store/task-store.js';
import { TaskService } from '../task-service.js';
import {
  AuditParameters,
  AuditQuery,
  AuditRecordDto,
  HashParameters,
  TxParameters,
  WriteDto,
} from './dto.js';
import { whoOf } from './who.js';

const USUAL_PAGE = 200;

/** What tasks left in the log, and any hash somebody wants there; each with a proof an outside tool can check. */
@ApiTags('audit')
@Controller()
export class AuditController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly trail: AuditTrail,
    private readonly anchors: Anchors,
    private readonly tasks: TaskService,
    private readonly store: TaskStore,
    private readonly log: LogAppender,
  ) {}

  @ApiOperation({ summary: 'Audit records of a task, oldest first, each with its place in the log' })
  @Get('audit/:task_id')
  @NeedsScope('tasks')
  @Roles('user', 'guardian')
  async list(
    @Param() { task_id: id }: AuditParameters,
    @Query() query: AuditQuery,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    unwrap(await this.tasks.visible(id, whoOf(request)));
    const [limit, skip] = [query.limit ?? USUAL_PAGE, Number(query.cursor ?? 0)];
    const found = await this.trail.of(id, skip, limit + 1);
    const items = found.slice(0, limit).map(({ hash, txid, record }) => ({ hash, txid, ...record }));
    return { items, next_cursor: found.length > limit ? String(skip + limit) : null };
  }

  @ApiOperation({ summary: 'Adds a remark of a guardian to the records of a task' })
  @Post('audit/record')
  @NeedsScope('guardian')
  @Roles('guardian')
  async record(@Body() body: AuditRecordDto, @Req() request: IdentifiedRequest): Promise<object> {
    const task = unwrap(await this.store.task(body.task_id));
    const step = body.step_id === undefined ? null : Number(body.step_id);
    if (step !== null && (await this.store.steps(task.id)).at(step) === undefined)
      throw new CodedError('STEP_NOT_FOUND', `The task has no step ${step}.`, { task: task.id, step }, 404);
    const { hash, record } = await this.dataSource.transaction((manager) =>
      this.trail.append(manager, {
        ...{ task: task.id, step, event: `remark.${body.event}`, status: task.state },
        ...{ actor: whoOf(request).subject, plan_hash: task.planHash },
        ...{ input_hash: body.input_hash ?? null, output_hash: body.output_hash ?? null },
      }),
    );
    this.log.committed();
    return { hash, ...record };
  }

  @ApiOperation({ summary: 'Proves that the record with this hash, input hash or output hash is in the log' })
  @Get('audit/verify/:hash')
  async verifyRecord(@Param() { hash }: HashParameters): Promise<object> {
    const found = await this.trail.find(hash);
    if (found === null)
      throw new CodedError('AUDIT_UNKNOWN', 'No audit record has this hash.', { hash }, 404);
    const proof = unwrap(await this.anchors.verify(found.hash));
    return { record_hash: found.hash, ...proof };
  }

  @ApiOperation({ summary: 'Puts a hash into the log' })
  @Post('write')
  @NeedsScope('tasks')
  @HttpCode(200)
  @Roles('user', 'guardian')
  async write(@Body() { hash, note }: WriteDto, @Req() request: IdentifiedRequest): Promise<LeafProof> {
    return unwrap(await this.anchors.write(hash, note ?? null, whoOf(request).subject));
  }

  @ApiOperation({ summary: 'Proves that a hash is in the log' })
  @Get('verify/:hash')
  async verify(@Param() { hash }: HashParameters): Promise<LeafProof> {
    return unwrap(await this.anchors.verify(hash));
  }

  @ApiOperation({ summary: 'A leaf of the log by its number, with its proof' })
  @Get('tx/:txid')
  async tx(@Param() { txid }: TxParameters): Promise<LeafProof> {
    return unwrap(await this.anchors.proof(Number(txid)));
  }
}
