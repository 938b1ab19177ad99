import type { MigrationInterface, QueryRunner } from 'typeorm';

const HASH = `CHECK (%s ~ '^[0-9a-f]{64}$')`;
const hash = (column: string): string => `${column} text COLLATE "C" NOT NULL ${HASH.replace('%s', column)}`;

/** Datasets as chain D tells of them, their votes, reports, and what later sets are compared with. Times: ms since the epoch. */
export class Datasets1763700000013 implements MigrationInterface {
  name = 'Datasets1763700000013';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE datasets (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^ds_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        name text COLLATE "C" NOT NULL,
        version text COLLATE "C" NOT NULL,
        creator text COLLATE "C" NOT NULL,
        ${hash('sha256')},
        stage text COLLATE "C" NOT NULL,
        since bigint NOT NULL,
        created_at bigint NOT NULL,
        due_at bigint,
        scanned_at bigint,
        attempts integer NOT NULL DEFAULT 0,
        worker text,
        instance text,
        file_gone boolean NOT NULL DEFAULT false,
        ${hash('block')} UNIQUE REFERENCES blocks (hash),
        record text NOT NULL,
        UNIQUE (name, version)
      )`);
    await queryRunner.query('CREATE INDEX datasets_by_stage ON datasets (stage, position)');
    await queryRunner.query('CREATE INDEX datasets_by_creator ON datasets (creator, created_at)');
    await queryRunner.query('CREATE INDEX datasets_by_file ON datasets (sha256)');
    await queryRunner.query('CREATE INDEX datasets_due ON datasets (due_at) WHERE due_at IS NOT NULL');
    await queryRunner.query(`
      CREATE TABLE dataset_votes (
        dataset_id text COLLATE "C" NOT NULL REFERENCES datasets (id),
        round integer NOT NULL CHECK (round > 0),
        account text COLLATE "C" NOT NULL,
        approve boolean NOT NULL,
        voted_at bigint NOT NULL,
        PRIMARY KEY (dataset_id, round, account)
      )`);
    await queryRunner.query(`
      CREATE TABLE dataset_reports (
        ${hash('hash')} PRIMARY KEY,
        dataset_id text COLLATE "C" NOT NULL REFERENCES datasets (id),
        report text NOT NULL,
        reported_at bigint NOT NULL
      )`);
    await queryRunner.query(
      'CREATE INDEX dataset_reports_by_set ON dataset_reports (dataset_id, reported_at)',
    );
    await queryRunner.query(`
      CREATE TABLE dataset_sketches (
        dataset_id text COLLATE "C" PRIMARY KEY REFERENCES datasets (id),
        sketch bytea NOT NULL CHECK (length(sketch) <= 65536),
        signatures bytea NOT NULL CHECK (length(signatures) <= 262144)
      )`);
    // Blocks of weights that name the datasets they were trained on; few beside all others.
    await queryRunner.query(
      `CREATE INDEX blocks_with_datasets ON blocks (chain_index) WHERE chain_id = 'B' AND header LIKE '%"datasets":["ds\\_%'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX blocks_with_datasets');
    for (const table of ['dataset_sketches', 'dataset_reports', 'dataset_votes', 'datasets'])
      await queryRunner.query(`DROP TABLE ${table}`);
  }
}
