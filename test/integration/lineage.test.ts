import { canonicalJson, unwrap, utf8ToBytes } from '../../src/common/index.js';
import type { ParameterIndex, ReleaseView } from '../../src/experts/index.js';
import { ExpertLineages } from '../../src/learning/lineage/expert-lineages.js';
import { SubmissionStore } from '../../src/learning/submission/submission-store.js';
import { openChain, TEST_NOW, type ChainUnderTest } from './chain-support.js';

const hashOf = (letter: string) => letter.repeat(64);
const AUTHOR = `02${'ab'.repeat(32)}`;
const SET = `ds_${'1'.repeat(32)}`;
const figures = (fall: number) => ({ base: 1, candidate: 1 - fall, fall, low: fall / 2, high: fall * 2 });

let chain: ChainUnderTest;
beforeAll(async () => {
  chain = await openChain();
});
afterAll(() => chain.close());
beforeEach(() => chain.dataSource.query('DELETE FROM learning_submissions'));

interface Accepted {
  readonly state?: string;
  readonly model?: string;
  readonly datasets?: readonly string[];
  /** Blocks of the sets in which documents stand: none in the first, one in the second and so on. */
  readonly shown?: readonly string[];
  /** Name, block and parent of each expert. */
  readonly blocks: readonly (readonly [name: string, block: string, parent: string])[];
}

/** A judged submission; its number is its fall in percent. */
async function judged(
  number: number,
  { state = 'released', model = 'tiny', datasets = [], shown, blocks }: Accepted,
) {
  const id = `submission_${String(number).padStart(32, '0')}`;
  const verdict = {
    ...{ submission: id, author: AUTHOR, model, datasets },
    ...(shown && { data: { sets: shown.map((block, tokens) => ({ block, tokens })) } }),
    blocks: blocks.map(([name, block, parent]) => ({ name, block, parent })),
    figures: { overall: figures(number / 100), domains: { sums: figures(number / 50) } },
  };
  const released = state === 'released' ? [hashOf('f'), `1.0.${number}`] : [null, null];
  await chain.dataSource.query(
    `INSERT INTO learning_submissions (id, account, author, model, parent_release, statement, signature, manifest, headers,
       state, checks, verdict, verdict_block, release, version, judged_at)
     VALUES ($1, 'a', $2, $3, $4, '{}', '', '{}', '[]', $5, '[]', $6, $7, $8, $9, now())`,
    [
      ...[id, AUTHOR, model, hashOf('0'), state],
      ...[state === 'rejected' ? null : JSON.stringify(verdict), hashOf('e'), ...released],
    ],
  );
  return id;
}

/** Lineages of a server on which `tiny` is live with these experts. */
function lineagesWith(weights: Readonly<Record<string, string>>): ExpertLineages {
  const view = {
    ...{ model: 'tiny', release: hashOf('f'), version: '1.0.9' },
    weights: new Map(Object.entries(weights).map(([name, block]) => [name, { name, block }])),
  } as unknown as ReleaseView;
  const index = {
    live: (model: string) => Promise.resolve(model === 'tiny' ? view : null),
    models: () => Promise.resolve([{ name: 'tiny' }, { name: 'idle' }]),
  } as unknown as ParameterIndex;
  return new ExpertLineages(chain.dataSource, index, chain.reader);
}

async function publish(
  type: 'dataset' | 'verdict',
  facts: Readonly<Record<string, string>>,
): Promise<string> {
  const payload = utf8ToBytes(canonicalJson({ format: 'stemma.dataset.v1', id: SET, previous: null, facts }));
  const published = await chain.publisher.appendLinear('D', async (head) => {
    const header = await chain.author.create({
      ...{ chain: 'D', type, payload, payloadType: 'json', prevHash: head, timestamp: TEST_NOW },
      ...{ name: SET, metadata: facts },
    });
    return [{ header, payload }];
  });
  return unwrap(published)[0].hash;
}

describe('lineage', () => {
  it('tells who made which expert of which, of what data, with what gain, in which release', async () => {
    const set = await publish('dataset', { dataset: 'sums', version: '2.0.0' });
    const other = await publish('verdict', {});
    const block = ['layer0.expert1', hashOf('b'), hashOf('a')] as const;
    // Any block that is stored and has a name may stand for a parent.
    const grown = ['layer0.expert8', hashOf('d'), set] as const;
    const shown = [hashOf('7'), set, hashOf('8')];
    const id = await judged(4, { datasets: [set, other, hashOf('9')], shown, blocks: [block, grown] });
    const found = unwrap(
      await lineagesWith({ 'layer0.expert1': hashOf('b') }).of({ model: 'tiny', limit: 5 }),
    );
    const nothing = { dataset: null, name: null, version: null };
    expect(found).toEqual({
      ...{ model: 'tiny', live: { release: hashOf('f'), version: '1.0.9' }, live_block: null },
      items: [
        {
          ...{ submission_id: id, author: AUTHOR, state: 'released', judged_at: expect.any(Date) as Date },
          blocks: [
            {
              ...{ name: 'layer0.expert1', block: hashOf('b'), parent: hashOf('a') },
              ...{ live: true, parent_live: false, parent_name: null },
            },
            {
              ...{ name: 'layer0.expert8', block: hashOf('d'), parent: set },
              ...{ live: false, parent_live: false, parent_name: SET },
            },
          ],
          datasets: [
            { block: set, dataset: SET, name: 'sums', version: '2.0.0' },
            ...[other, hashOf('9'), hashOf('8')].map((hash) => ({ block: hash, ...nothing })),
          ],
          overall: { fall: 0.04, low: 0.02, high: 0.08 },
          domains: { sums: { fall: 0.08, low: 0.04, high: 0.16 } },
          ...{ verdict_block: hashOf('e'), release: hashOf('f'), version: '1.0.4' },
        },
      ],
      next_cursor: null,
    });
  });

  it('leaves out what was not accepted and other models, and goes page by page, newest first', async () => {
    const expert = (block: string) => ['layer0.expert1', hashOf(block), hashOf('a')] as const;
    await judged(1, { blocks: [expert('1')], state: 'superseded' });
    await judged(2, { blocks: [expert('2')], state: 'rejected' });
    await judged(3, { blocks: [expert('3')], state: 'accepted' });
    await judged(4, { blocks: [expert('4')], model: 'other' });
    await judged(5, { blocks: [expert('5')] });
    const lineages = lineagesWith({ 'layer0.expert1': hashOf('a') });
    const first = unwrap(await lineages.of({ model: 'tiny', limit: 2 }));
    expect(first.items.map(({ state, version }) => [state, version])).toEqual([
      ['released', '1.0.5'],
      ['accepted', null],
    ]);
    const before = first.next_cursor!;
    const rest = unwrap(await lineages.of({ model: 'tiny', limit: 2, before }));
    expect(rest.items.map(({ state }) => state)).toEqual(['superseded']);
    const [{ live, parent_live: parentLive }] = rest.items[0].blocks;
    expect([live, parentLive]).toEqual([false, true]);
    expect(rest.next_cursor).toBeNull();
  });

  it('narrows itself to one expert, whatever came with it', async () => {
    const [one, two] = ['layer0.expert1', 'layer0.expert2'];
    await judged(1, { blocks: [[one, hashOf('b'), hashOf('a')]] });
    await judged(2, {
      blocks: [
        [one, hashOf('d'), hashOf('b')],
        [two, hashOf('c'), hashOf('a')],
      ],
    });
    const found = unwrap(
      await lineagesWith({ [two]: hashOf('c') }).of({ model: 'tiny', expert: two, limit: 5 }),
    );
    expect(found.live_block).toBe(hashOf('c'));
    expect(found.items.map(({ blocks }) => blocks.map(({ name }) => name))).toEqual([[two]]);
    // Of one expert nobody has trained yet there is nothing to tell, but what is live.
    const untouched = unwrap(
      await lineagesWith({ 'layer9.expert9': hashOf('7') }).of({
        ...{ model: 'tiny', expert: 'layer9.expert9', limit: 5 },
      }),
    );
    expect([untouched.live_block, untouched.items]).toEqual([hashOf('7'), []]);
  });

  it('refuses models and experts that nobody knows', async () => {
    const lineages = lineagesWith({});
    const codeOf = async (model: string, expert?: string) => {
      const found = await lineages.of({ model, limit: 5, ...(expert !== undefined && { expert }) });
      return found.ok ? null : [found.error.code, found.error.status];
    };
    expect(await codeOf('nobody')).toEqual(['MODEL_UNKNOWN', 404]);
    expect(await codeOf('idle')).toBeNull();
    expect(await codeOf('tiny', 'layer0.expert1')).toEqual(['EXPERT_UNKNOWN', 404]);
  });

  it('knows whose accepted experts blocks are', async () => {
    const store = new SubmissionStore(chain.dataSource);
    const [own, refused, none] = ['b', 'c', 'd'].map(hashOf);
    await judged(4, { blocks: [['layer0.expert1', own, hashOf('a')]] });
    await judged(5, { state: 'rejected', blocks: [['layer0.expert2', refused, hashOf('a')]] });
    expect(await store.isAuthor('a', [own, own])).toBe(true);
    expect(await store.isAuthor('a', [own, none])).toBe(false);
    expect(await store.isAuthor('a', [refused])).toBe(false);
    expect(await store.isAuthor('somebody', [own])).toBe(false);
  });
});
