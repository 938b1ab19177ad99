import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Remembers how far an incident is with its remedies, for the process that goes on with it after a restart. */
export class IncidentCourse1763700000047 implements MigrationInterface {
  name = 'IncidentCourse1763700000047';

  async up(queryRunner: QueryRunner): Promise<void> {
    // JSON `{place, early}`; null in what was written before.
    await queryRunner.query('ALTER TABLE incidents ADD COLUMN course text');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE incidents DROP COLUMN course');
  }
}
