import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ExaminationRegistry } from '../../common/observation/examination-registry.js';
import { RecordWalk } from '../../log/index.js';
import { GUARDIAN_ENTRY, recordHash, type GuardianRecord } from './guardian-record.js';

/** Compares the guardians' audit records with the log in the rounds of the health agent, so that a row that was changed quietly is told. */
@Injectable()
export class GuardianAuditProbe implements OnModuleInit {
  private readonly walk: RecordWalk;

  constructor(
    dataSource: DataSource,
    private readonly examinations: ExaminationRegistry,
  ) {
    this.walk = new RecordWalk(dataSource, {
      ...{ name: 'guardian_audit', kind: GUARDIAN_ENTRY },
      hashOf: (record) => recordHash(record as GuardianRecord),
    });
  }

  onModuleInit(): void {
    this.examinations.register({ name: 'guardian_audit', check: () => this.walk.check() });
  }
}
