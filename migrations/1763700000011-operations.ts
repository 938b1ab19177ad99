import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who answered a notice, changes of limits found without reading the whole audit, and figures of releases of all processes. */
export class Operations1763700000011 implements MigrationInterface {
  name = 'Operations1763700000011';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE notifications ADD COLUMN acknowledged_by text, ADD COLUMN acknowledged_reason text,
         ADD CHECK ((acknowledged_by IS NULL) = (acknowledged_reason IS NULL))`,
    );
    await queryRunner.query(
      `CREATE INDEX guardian_audit_tuned ON guardian_audit (position) WHERE record LIKE '%"event":"safety.tuned"%'`,
    );
    await queryRunner.query(`
      CREATE TABLE release_figures (
        release text COLLATE "C" NOT NULL CHECK (release ~ '^[0-9a-f]{64}$'),
        hour timestamptz NOT NULL,
        answers bigint NOT NULL CHECK (answers >= 0),
        failed bigint NOT NULL CHECK (failed BETWEEN 0 AND answers),
        timed bigint NOT NULL CHECK (timed BETWEEN 0 AND answers),
        total_ms double precision NOT NULL CHECK (total_ms >= 0),
        PRIMARY KEY (release, hour)
      )`);
    await queryRunner.query('CREATE INDEX release_figures_by_age ON release_figures (hour)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE release_figures');
    await queryRunner.query('DROP INDEX guardian_audit_tuned');
    await queryRunner.query(
      'ALTER TABLE notifications DROP COLUMN acknowledged_by, DROP COLUMN acknowledged_reason',
    );
  }
}
