import type { DataSource } from 'typeorm';
import { FsckRegistry } from '../../src/chain/index.js';
import { Findings } from '../../src/log/index.js';
import { receiptHash } from '../../src/inference/receipt/index.js';
import { ReceiptFsck } from '../../src/inference/receipts/receipt-fsck.js';
import { ReceiptStore, type StoredReceipt } from '../../src/inference/receipts/receipt-store.js';
import { aReceipt } from '../factories/receipt.js';
import { openTestDatabase } from '../support/index.js';

let dataSource: DataSource;
let close: () => Promise<void>;
let store: ReceiptStore;

const stored = (tokens: number, owner = 'ann', model = 'genesis'): StoredReceipt => {
  const { receipt, evidence } = aReceipt(tokens);
  return { receipt, evidence, owner, model, version: '1.0.0' };
};

beforeEach(async () => {
  ({ dataSource, close } = await openTestDatabase());
  store = new ReceiptStore(dataSource);
});

afterEach(() => close?.());

const insert = async (...all: StoredReceipt[]) => {
  for (const one of all) await store.insert(dataSource.manager, one);
};

describe('receipt store', () => {
  it('gives back what was stored, and stores once what is stored twice', async () => {
    const one = stored(10);
    await insert(one, one);
    expect(await store.find(one.receipt.id)).toEqual(one);
    expect(await store.find(`rcpt_${'0'.repeat(32)}`)).toBeNull();
    expect((await store.list({ limit: 10 })).items).toHaveLength(1);
  });

  it('lists page by page without loss or repetition, by model and by owner', async () => {
    const all = Array.from({ length: 7 }, (_, i) =>
      stored(i + 1, i % 2 ? 'ann' : 'bob', i < 3 ? 'genesis' : 'other'),
    );
    await insert(...all);
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const page = await store.list({ limit: 3, ...(before === undefined ? {} : { before }) });
      seen.push(...page.items.map(({ id }) => id));
      before = page.next_cursor ?? undefined;
    } while (before !== undefined);
    expect(seen).toEqual(all.map(({ receipt }) => receipt.id).reverse());
    expect((await store.list({ limit: 10, model: 'genesis' })).items).toHaveLength(3);
    expect((await store.list({ limit: 10, owner: 'ann' })).items).toHaveLength(3);
  });
});

describe('fsck of receipts', () => {
  const run = async (leaves: { subject: string; hash: string }[]) => {
    const sut = new ReceiptFsck(new FsckRegistry(), store);
    leaves.forEach((leaf, index) => sut.visitLeaf(index, { kind: 'receipt', ...leaf }));
    const findings = new Findings();
    await sut.run({ logSize: leaves.length, complete: true, blocks: new Map() }, findings);
    return findings.list.map(({ code, subject, severity }) => [severity, code, subject]);
  };
  const leafOf = ({ receipt }: StoredReceipt) => ({ subject: receipt.id, hash: receiptHash(receipt) });

  it('finds nothing where all is well', async () => {
    const all = [stored(1), stored(2)];
    await insert(...all);
    expect(await run(all.map(leafOf))).toEqual([]);
  });

  it('names receipts that are missing, altered, or not logged', async () => {
    const [good, altered, gone, early] = [stored(1), stored(2), stored(3), stored(4)];
    await insert(good, altered, early);
    await dataSource.query(
      `UPDATE receipts SET evidence = replace(evidence, 'answered', 'invented') WHERE id = $1`,
      [altered.receipt.id],
    );
    expect(await run([good, altered, gone].map(leafOf))).toEqual([
      ['error', 'RECEIPT_ALTERED', altered.receipt.id],
      ['error', 'RECEIPT_MISSING', gone.receipt.id],
      ['warning', 'RECEIPT_NOT_LOGGED', early.receipt.id],
    ]);
  });

  it('names a receipt whose leaf has another hash', async () => {
    const one = stored(1);
    await insert(one);
    expect(await run([{ ...leafOf(one), hash: '0'.repeat(64) }])).toEqual([
      ['error', 'RECEIPT_ALTERED', one.receipt.id],
    ]);
  });
});
