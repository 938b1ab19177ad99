import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds what a process left in the middle, whatever its state. */
export class DecisionLeases1763700000020 implements MigrationInterface {
  name = 'DecisionLeases1763700000020';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'CREATE INDEX decisions_leased ON decisions (lease_until) WHERE lease_until IS NOT NULL',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX decisions_leased');
  }
}
