import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The largest amount and balance: 2^127 − 1 units. */
const LARGEST = '170141183460469231731687303715884105727';
const UNITS = 'numeric(39,0) NOT NULL DEFAULT 0';

/**
 * The ledger of rewards. What the server's code keeps to is kept here a second time: no overdraft, nothing that was
 * transferred is changed or removed, and every statement that moves money moves as much out as in.
 */
export class Rewards1763700000012 implements MigrationInterface {
  name = 'Rewards1763700000012';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE ledger_accounts (
        number bigint PRIMARY KEY CHECK (number > 0),
        id text COLLATE "C" NOT NULL UNIQUE,
        asset text COLLATE "C" NOT NULL,
        overdraft_limit ${UNITS} CHECK (overdraft_limit BETWEEN 0 AND ${LARGEST}),
        debits_pending ${UNITS} CHECK (debits_pending BETWEEN 0 AND ${LARGEST}),
        debits_posted ${UNITS} CHECK (debits_posted BETWEEN 0 AND ${LARGEST}),
        credits_pending ${UNITS} CHECK (credits_pending BETWEEN 0 AND ${LARGEST}),
        credits_posted ${UNITS} CHECK (credits_posted BETWEEN 0 AND ${LARGEST}),
        CONSTRAINT ledger_accounts_no_overdraft
          CHECK (debits_pending + debits_posted <= credits_posted + overdraft_limit)
      ) WITH (fillfactor = 60)`);
    await queryRunner.query(`
      CREATE TABLE ledger_transfers (
        id uuid PRIMARY KEY,
        sequence bigint NOT NULL CHECK (sequence > 0),
        block_index bigint NOT NULL CHECK (block_index >= 0),
        kind text COLLATE "C" NOT NULL CHECK (kind IN ('single', 'pending', 'post', 'void')),
        debit bigint NOT NULL,
        credit bigint NOT NULL CHECK (credit <> debit),
        amount numeric(39,0) NOT NULL CHECK (amount BETWEEN 1 AND ${LARGEST}),
        pending_id uuid CHECK ((pending_id IS NOT NULL) = (kind IN ('post', 'void'))),
        timeout_s integer NOT NULL CHECK (timeout_s >= 0 AND (timeout_s = 0 OR kind = 'pending')),
        linked boolean NOT NULL,
        balancing boolean NOT NULL,
        code text COLLATE "C" NOT NULL,
        reference text COLLATE "C"
      )`);
    await queryRunner.query(`
      CREATE TABLE ledger_pendings (
        transfer_id uuid PRIMARY KEY,
        state text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'posted', 'voided', 'expired')),
        expires_at bigint
      ) WITH (fillfactor = 80)`);
    for (const index of INDEXES) await queryRunner.query(index);
    for (const [name, body, ...triggers] of GUARDS) {
      await queryRunner.query(
        `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NULL; END $$`,
      );
      for (const trigger of triggers)
        await queryRunner.query(`${trigger} FOR EACH STATEMENT EXECUTE FUNCTION ${name}()`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['ledger_pendings', 'ledger_transfers', 'ledger_accounts'])
      await queryRunner.query(`DROP TABLE ${table}`);
    for (const [name] of GUARDS) await queryRunner.query(`DROP FUNCTION ${name}()`);
  }
}

const INDEXES = [
  'CREATE UNIQUE INDEX ledger_transfers_by_sequence ON ledger_transfers (sequence)',
  'CREATE INDEX ledger_transfers_by_debit ON ledger_transfers (debit, sequence)',
  'CREATE INDEX ledger_transfers_by_credit ON ledger_transfers (credit, sequence)',
  `CREATE INDEX ledger_pendings_due ON ledger_pendings (expires_at, transfer_id)
     WHERE state = 'pending' AND expires_at IS NOT NULL`,
];

/** Name, body and triggers of each guard. They look at whole statements, so that a batch pays for them once. */
const GUARDS: readonly (readonly [string, string, ...string[]])[] = [
  [
    'ledger_refuse_change',
    `RAISE EXCEPTION '% of % is not allowed: the ledger only grows', TG_OP, TG_TABLE_NAME;`,
    'CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfers',
    'CREATE TRIGGER permanent BEFORE DELETE OR TRUNCATE ON ledger_accounts',
    'CREATE TRIGGER permanent BEFORE DELETE OR TRUNCATE ON ledger_pendings',
  ],
  [
    'ledger_check_opened',
    `IF EXISTS (SELECT FROM opened WHERE debits_pending + debits_posted + credits_pending + credits_posted > 0)
     THEN RAISE EXCEPTION 'an account opens without money'; END IF;
     IF EXISTS (SELECT FROM opened WHERE id !~ '^[a-z0-9][a-z0-9:._-]{0,127}$' OR asset !~ '^[A-Z][A-Z0-9]{1,11}$')
     THEN RAISE EXCEPTION 'an account has a valid name and asset'; END IF;`,
    'CREATE TRIGGER opened_empty AFTER INSERT ON ledger_accounts REFERENCING NEW TABLE AS opened',
  ],
  [
    'ledger_check_moved',
    `IF EXISTS (
       SELECT FROM after_it a FULL JOIN before_it b USING (number)
       WHERE (a.id, a.asset, a.overdraft_limit) IS DISTINCT FROM (b.id, b.asset, b.overdraft_limit)
     ) THEN RAISE EXCEPTION 'an account keeps its name, asset and limit'; END IF;
     IF EXISTS (
       SELECT FROM (
         SELECT asset, debits_posted - credits_posted AS posted, debits_pending - credits_pending AS pending FROM after_it
         UNION ALL
         SELECT asset, credits_posted - debits_posted, credits_pending - debits_pending FROM before_it
       ) moved GROUP BY asset HAVING sum(posted) <> 0 OR sum(pending) <> 0
     ) THEN RAISE EXCEPTION 'debits and credits do not balance'; END IF;`,
    'CREATE TRIGGER balanced AFTER UPDATE ON ledger_accounts REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it',
  ],
  [
    'ledger_check_settled',
    `IF EXISTS (
       SELECT FROM after_it a FULL JOIN before_it b USING (transfer_id)
       WHERE b.state IS DISTINCT FROM 'pending' OR a.expires_at IS DISTINCT FROM b.expires_at
     ) THEN RAISE EXCEPTION 'a pending transfer is settled once'; END IF;`,
    'CREATE TRIGGER settled_once AFTER UPDATE ON ledger_pendings REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it',
  ],
];
