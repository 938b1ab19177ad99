import { CodedError, err, ok, unwrap } from '../../common/index.js';
import { hashHeader, type BlockHeader } from '../../chain/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { testConfig } from '../../../test/support/test-config.js';
import type { AppSettings } from '../../config/index.js';
import type { ParameterIndex, PromotionAsk, PromotionDoor, ReleaseView } from '../../experts/index.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import { GrownReleases } from '../growth/grown-releases.js';
import { ReleaseGrowth } from '../growth/growth.js';
import { Publication } from './publication.js';

const unused = {} as never;
const RELEASE = 'a'.repeat(64);
const header = { name: 'layer0.expert1', payload_hash: 'c'.repeat(64), metadata: {} } as BlockHeader;
const own = hashHeader(header, nativeSha256);
const row = {
  ...{ id: 'submission_1', model: 'tiny', headers: [header], release: RELEASE, version: '1.0.1' },
  ...{ decision: 'decision_1', verdict: null },
} as unknown as SubmissionRow;

/** A release of these blocks. */
function view(weights: Readonly<Record<string, string>>, meta = 'meta'): ReleaseView {
  const named = Object.entries(weights).map(([name, block]) => [name, { name, block }] as const);
  const release = `of ${JSON.stringify(weights)}`;
  return { release, meta, tokenizer: null, weights: new Map(named) } as unknown as ReleaseView;
}

const before = { 'layer0.expert0': 'zero', 'layer0.expert1': 'one' };

/** @param closed the next decision of that key which was closed as superseded */
function publicationOf(
  standing = { over: false, state: 'waiting' },
  closed: () => string | null = () => null,
  changes: Partial<AppSettings> = {},
) {
  const asked: PromotionAsk[] = [];
  const released = view({ ...before, 'layer0.expert1': own });
  const index = { release: (hash: string) => Promise.resolve(hash === RELEASE ? released : null) };
  const door = {
    ask: (ask: PromotionAsk) => {
      asked.push(ask);
      const decision = closed();
      const facts = { decision, state: 'superseded' };
      if (decision !== null) return Promise.resolve(err(new CodedError('PROMOTION_FAILED', '', facts, 409)));
      return Promise.resolve(ok({ outcome: null, decision: { id: 'decision_1', ...standing } }));
    },
    standing: () => Promise.resolve({ ...standing, detail: null }),
  };
  const sut = new Publication(
    ...([unused, unused, unused, unused, unused, unused, unused] as const),
    index as unknown as ParameterIndex,
    new GrownReleases(new ReleaseGrowth(unused), unused, unused, unused, unused),
    unused,
    door as unknown as PromotionDoor,
    testConfig(changes),
  );
  return { sut, asked };
}

describe('a release with the blocks of a submission', () => {
  it('is on top of the live one as long as that has no other parts', async () => {
    const { sut } = publicationOf();
    expect(await sut.isOn(row, view(before))).toBe(true);
    expect(await sut.isOn(row, view({ ...before, 'layer0.expert0': 'better' }))).toBe(false);
    expect(await sut.isOn(row, view(before, 'without an expert'))).toBe(false);
    expect(await sut.isOn({ ...row, release: null }, view(before))).toBe(false);
  });

  it('is asked for on top of the live one, and each release by a key of its own', async () => {
    const { sut, asked } = publicationOf();
    expect(unwrap(await sut.ask(row, '1.0.1', view(before)))).toBe('decision_1');
    await sut.ask(row, '1.0.2', view(before));
    expect(asked[0]).toMatchObject({ version: '1.0.1', base: view(before).release, mayOrder: false });
    expect(asked.map(({ key }) => key)).toEqual(['submission_1:1.0.1', 'submission_1:1.0.2']);
  });

  it.each([
    [true, {}],
    [false, { learningRollout: 'promote' as const }],
    [false, { autopilotSeconds: 0 }],
  ])('is to come by stages: %s, with the settings %j', async (staged, changes) => {
    const { sut, asked } = publicationOf(undefined, undefined, changes);
    await sut.ask(row, '1.0.1', view(before));
    expect(asked[0].staged).toBe(staged);
  });

  it('is asked for by another key where the questions before were closed as superseded', async () => {
    const closed = ['decision_1', 'decision_2'];
    const { sut, asked } = publicationOf({ over: true, state: 'waiting' }, () => closed.shift() ?? null);
    expect(unwrap(await sut.ask(row, '1.0.1', view(before)))).toBe('decision_1');
    const keys = ['submission_1:1.0.1', 'submission_1:1.0.1:decision_1', 'submission_1:1.0.1:decision_2'];
    expect(asked.map(({ key }) => key)).toEqual(keys);
    expect(await sut.isSuperseded(row)).toBe(false);
    expect(await publicationOf({ over: true, state: 'superseded' }).sut.isSuperseded(row)).toBe(true);
  });

  it.each([
    [false, { over: false, state: 'waiting' }],
    [false, { over: true, state: 'failed' }],
    [false, { over: true, state: 'outdated' }],
    [true, { over: true, state: 'rejected' }],
    [true, { over: true, state: 'withdrawn' }],
    [true, { over: true, state: 'succeeded' }],
  ])('is declined: %s, where its promotion is %j', async (declined, standing) => {
    expect(await publicationOf(standing).sut.isDeclined(row)).toBe(declined);
    expect(await publicationOf(standing).sut.isDeclined({ ...row, decision: null })).toBe(false);
  });
});
