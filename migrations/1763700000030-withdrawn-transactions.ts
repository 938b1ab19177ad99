import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A transaction that no node takes is marked, so that its nonce is filled or used again. */
export class WithdrawnTransactions1763700000030 implements MigrationInterface {
  name = 'WithdrawnTransactions1763700000030';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE evm_transactions ADD COLUMN withdrawn_at bigint');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE evm_transactions DROP COLUMN withdrawn_at');
  }
}
