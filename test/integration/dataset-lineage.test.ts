import { canonicalJson, unwrap, utf8ToBytes } from '../../src/common/index.js';
import { DatasetLineages } from '../../src/datasets/lineage/dataset-lineage.js';
import { goodLines } from '../support/datasets.js';
import { expertBlock, metaBlock, TEST_NOW } from './chain-support.js';
import { makeAccount, openDatasets, takeIn, type DatasetsUnderTest } from './datasets-support.js';

/** PostgreSQL cannot hold it in JSON. */
const NUL = 'a\u0000b';

let sut: DatasetsUnderTest;
beforeAll(async () => {
  sut = await openDatasets();
});
afterAll(() => sut.close());

it('tells what was trained on a set and further from that, what a verdict names it for, and what a block hides', async () => {
  const id = await takeIn(sut, await makeAccount(sut), 'lineage', goodLines(30, 'lineage'));
  const { block } = unwrap(await sut.rows.one(id));
  const [meta] = unwrap(
    await sut.publisher.appendLinear('A', async (head) => [await metaBlock(sut.author, head)]),
  );
  const publish = async (fill: number, facts: NonNullable<Parameters<typeof expertBlock>[2]>) =>
    unwrap(await sut.publisher.publish([await expertBlock(sut.author, meta.hash, { ...facts, fill })]))[0]
      .hash;
  const hidden = await publish(20, { dependsOn: [block], datasets: [] });
  const child = await publish(21, { parent: hidden, dependsOn: [hidden] });
  const grandchild = await publish(22, { parent: child, dependsOn: [child], note: NUL });
  const naming = await publish(25, { datasets: [id], note: NUL });
  const silent = await publish(23, {});
  await publish(24, { dependsOn: [child] });
  const unnamed = await publish(26, {});
  const shownOf = (tokens: number) => ({ data: { sets: [{ block, tokens, first: 0 }] } });
  const verdicts = [
    { datasets: [block], of: silent },
    { datasets: [], of: unnamed, ...shownOf(3) },
    { datasets: [], of: await publish(27, {}), ...shownOf(0) },
  ];
  for (const [i, { of, ...verdict }] of verdicts.entries()) {
    const blocks = [{ name: 'layer0.expert0', block: of, parent: meta.hash }];
    await sut.dataSource.query(
      `INSERT INTO learning_submissions (id, account, author, model, parent_release, statement, signature, manifest, headers,
           state, checks, verdict, verdict_block)
         VALUES ($1, 'a', 'b', 'test', $2, '{}', '', '{}', '[]', 'released', '[]', $3, $2)`,
      [`submission_${String(i).repeat(32)}`, meta.hash, JSON.stringify({ ...verdict, blocks })],
    );
  }
  const weights = { 'layer0.expert0': grandchild, 'layer0.expert1': silent };
  const facts = {
    meta: meta.hash,
    model: 'test',
    parent: null,
    tokenizer: null,
    version: '1.2.3',
    weights,
  };
  const payload = utf8ToBytes(canonicalJson(facts));
  const [release] = unwrap(
    await sut.publisher.appendLinear('A', async (head) => {
      const header = await sut.author.create({
        ...{ chain: 'A', type: 'release', name: 'test', payload, payloadType: 'json', prevHash: head },
        dependsOn: [meta.hash, grandchild, silent],
        metadata: { model: 'test', version: '1.2.3', note: NUL },
        timestamp: TEST_NOW,
      });
      return [{ header, payload }];
    }),
  );
  const lineages = new DatasetLineages(sut.dataSource);
  const { blocks, releases, truncated } = await lineages.of(id);
  expect(new Set(blocks.map(({ hash }) => hash))).toEqual(
    new Set([hidden, child, grandchild, silent, naming, unnamed]),
  );
  const dependent = { hash: release.hash, model: 'test', version: '1.2.3', blocks: 2 };
  expect([releases, truncated]).toEqual([[dependent], false]);
  // What is not listed counts all the same.
  const few = await lineages.of(id, { blocks: 1, releases: 200 });
  expect([few.blocks.length, few.releases, few.truncated]).toEqual([1, [dependent], true]);
  const none = await lineages.of(id, { blocks: 1_000, releases: 0 });
  expect([none.releases, none.truncated]).toEqual([[], true]);
});
