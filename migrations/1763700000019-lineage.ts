import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds what was accepted of a model, however much was rejected. */
export class Lineage1763700000019 implements MigrationInterface {
  name = 'Lineage1763700000019';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX learning_submissions_accepted ON learning_submissions (model, position)
         WHERE state IN ('accepted', 'released', 'superseded')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX learning_submissions_accepted');
  }
}
