import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds what was given back of a transfer, however many there are. */
export class Corrections1763700000038 implements MigrationInterface {
  name = 'Corrections1763700000038';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX ledger_transfers_by_corrected ON ledger_transfers (split_part(reference, '/', 1))
         WHERE code = 'reward.corrected'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX ledger_transfers_by_corrected');
  }
}
