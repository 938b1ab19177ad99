import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ExaminationRegistry } from '../../common/observation/examination-registry.js';
import { RecordWalk } from '../../log/index.js';
import { AUDIT_ENTRY, auditHash, type AuditRecord } from './audit-record.js';

/** Compares the audit records of tasks with the log in the rounds of the health agent, so that a row that was changed quietly is told. */
@Injectable()
export class TaskAuditProbe implements OnModuleInit {
  private readonly walk: RecordWalk;

  constructor(
    dataSource: DataSource,
    private readonly examinations: ExaminationRegistry,
  ) {
    this.walk = new RecordWalk(dataSource, {
      ...{ name: 'task_audit', kind: AUDIT_ENTRY },
      hashOf: (record) => auditHash(record as AuditRecord),
    });
  }

  onModuleInit(): void {
    this.examinations.register({ name: 'task_audit', check: () => this.walk.check() });
  }
}
