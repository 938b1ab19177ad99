import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Blocks, their edges, chain heads, and the log's outbox. */
export class Chain1763700000001 implements MigrationInterface {
  name = 'Chain1763700000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE chain_heads (
        chain_id text PRIMARY KEY CHECK (chain_id IN ('A', 'B', 'C', 'D')),
        height bigint NOT NULL DEFAULT 0 CHECK (height >= 0),
        head_hash text COLLATE "C"
      )`);
    await queryRunner.query(`INSERT INTO chain_heads (chain_id) VALUES ('A'), ('B'), ('C'), ('D')`);
    await queryRunner.query(`
      CREATE TABLE blocks (
        hash text COLLATE "C" PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
        chain_id text NOT NULL REFERENCES chain_heads (chain_id),
        chain_index bigint NOT NULL CHECK (chain_index >= 0),
        block_type text NOT NULL,
        name text,
        layer_id integer,
        model text,
        payload_hash text COLLATE "C" NOT NULL,
        payload_size bigint NOT NULL CHECK (payload_size >= 0),
        miner_pub text COLLATE "C" NOT NULL,
        block_time bigint NOT NULL,
        depth integer NOT NULL CHECK (depth >= 0),
        header text NOT NULL,
        UNIQUE (chain_id, chain_index)
      )`);
    await queryRunner.query('CREATE INDEX blocks_by_payload ON blocks (payload_hash)');
    await queryRunner.query('CREATE INDEX blocks_by_type ON blocks (chain_id, block_type, chain_index)');
    await queryRunner.query('CREATE INDEX blocks_by_name ON blocks (chain_id, name, chain_index)');
    await queryRunner.query('CREATE INDEX blocks_by_model ON blocks (chain_id, model, chain_index)');
    await queryRunner.query(`
      CREATE TABLE block_edges (
        child text COLLATE "C" NOT NULL REFERENCES blocks (hash),
        parent text COLLATE "C" NOT NULL REFERENCES blocks (hash),
        PRIMARY KEY (child, parent),
        CHECK (child <> parent)
      )`);
    await queryRunner.query('CREATE INDEX block_edges_by_parent ON block_edges (parent, child)');
    await queryRunner.query(`
      CREATE TABLE log_entries (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL,
        subject text NOT NULL,
        leaf text NOT NULL,
        leaf_index bigint UNIQUE CHECK (leaf_index >= 0)
      )`);
    await queryRunner.query('CREATE INDEX log_entries_waiting ON log_entries (id) WHERE leaf_index IS NULL');
    await queryRunner.query('CREATE INDEX log_entries_by_subject ON log_entries (subject, kind, id)');
    await queryRunner.query(`
      CREATE TABLE log_state (
        id integer PRIMARY KEY CHECK (id = 1),
        assigned bigint NOT NULL CHECK (assigned >= 0)
      )`);
    await queryRunner.query('INSERT INTO log_state (id, assigned) VALUES (1, 0)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['log_state', 'log_entries', 'block_edges', 'blocks', 'chain_heads'])
      await queryRunner.query(`DROP TABLE ${table}`);
  }
}
