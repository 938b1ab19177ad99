import type { MigrationInterface, QueryRunner } from 'typeorm';

const CHECK = 'dataset_sketches_signatures_check';
/** 1,024 signatures of 512 bytes; it was half of that. */
const MOST_BYTES = 524_288;

/** Has room for as many signatures of a dataset as are kept now. */
export class NearSketches1763700000046 implements MigrationInterface {
  name = 'NearSketches1763700000046';

  async up(queryRunner: QueryRunner): Promise<void> {
    await setMost(queryRunner, MOST_BYTES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const before = MOST_BYTES / 2;
    // The first ones are as good a part of them.
    await queryRunner.query(
      `UPDATE dataset_sketches SET signatures = substring(signatures FROM 1 FOR ${before}) WHERE length(signatures) > ${before}`,
    );
    await setMost(queryRunner, before);
  }
}

async function setMost(queryRunner: QueryRunner, bytes: number): Promise<void> {
  await queryRunner.query(`ALTER TABLE dataset_sketches DROP CONSTRAINT ${CHECK}`);
  await queryRunner.query(
    `ALTER TABLE dataset_sketches ADD CONSTRAINT ${CHECK} CHECK (length(signatures) <= ${bytes})`,
  );
}
