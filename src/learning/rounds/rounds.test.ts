import { bytesToHex, hashJson } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { secp256k1Signer } from '../../keys/index.js';
import { RELEASE, SMALL_TERMS, smallAccess, smallBase, updateOf } from '../../../test/support/round-base.js';
import { TensorBlock } from '../../experts/tensorblock/index.js';
import { norm } from '../checks/similarity.js';
import { AGGREGATORS } from '../consensus/aggregators.js';
import type { AggregatorName } from '../consensus/aggregator.js';
import { valueBytes } from '../delta/quantized-values.js';
import { aggregateRound, type ShownUpdate } from './aggregate-round.js';
import { NOTHING_CARRIED } from './carried-state.js';
import { compressTraining } from './compress-training.js';
import { readRoundBase, type RoundBase } from './round-base.js';
import { readRoundUpdate, shownUpdate } from './round-update.js';
import { OPEN_ROUND_STATES, ROUND_STATES } from './states.js';
import { commitmentOf, readRoundStatement, roundStatementBytes, type RoundStatement } from './statements.js';
import { parseTerms, roundId, type RoundTerms } from './terms.js';

const ID = `round_${'a'.repeat(32)}`;
const signer = secp256k1Signer(new Uint8Array(32).fill(5));
const author = bytesToHex(signer.publicKey);
const PRIVACY = { clip: 0.5, noise_multiplier: 1, epsilon: 8, delta: 1e-5 };
const PRIVATE_TERMS: RoundTerms = { ...SMALL_TERMS, aggregator: 'mean', faulty: 0, privacy: PRIVACY };
const codeOf = (result: { ok: boolean; error?: { code: string } }) =>
  result.ok ? 'ok' : String(result.error?.code);

describe('the life of a round', () => {
  it('goes one way, and may fail anywhere before its end', () => {
    const way = ['announced', 'committing', 'revealing', 'aggregated', 'submitted'] as const;
    expect(OPEN_ROUND_STATES).toEqual(way.slice(0, 4));
    for (const [i, from] of way.entries())
      for (const [j, to] of way.entries()) expect(ROUND_STATES.move(from, to).ok).toBe(j === i + 1);
    for (const from of way) expect(ROUND_STATES.move(from, 'failed').ok).toBe(from !== 'submitted');
  });
});

describe('terms', () => {
  it('are read as they were written', () => {
    expect(parseTerms(JSON.parse(JSON.stringify(SMALL_TERMS)))).toEqual({ ok: true, value: SMALL_TERMS });
    const ids = [
      roundId(SMALL_TERMS, 'me', 1),
      roundId(SMALL_TERMS, 'me', 2),
      roundId(SMALL_TERMS, 'you', 1),
    ];
    expect(new Set(ids).size).toBe(3);
  });

  it.each<[string, unknown]>([
    ['version', 2],
    ['model', '../genesis'],
    ['release', 'abc'],
    ['experts', []],
    ['experts', ['layer0.router']],
    ['experts', ['layer0.expert1', 'layer0.expert0']],
    ['experts', ['layer0.expert1', 'layer0.expert1']],
    ['datasets', ['x']],
    ['seed', ''],
    ['training', { ...SMALL_TERMS.training, steps: 0 }],
    ['training', { ...SMALL_TERMS.training, learning_rate: Infinity }],
    ['training', { ...SMALL_TERMS.training, more: 1 }],
    ['aggregator', 'toString'],
    ['faulty', -1],
    ['minimum', 1],
    ['minimum', 6],
    ['most', 65],
    ['update_bytes', 2 ** 23 + 1],
    ['update_length', NaN],
    ['update_length', 0],
    ['join_seconds', 0],
    ['commit_seconds', 1.5],
    ['reveal_seconds', 604_801],
  ])('with a wrong %s are refused: %p', (member, value) => {
    const found = parseTerms({ ...SMALL_TERMS, [member]: value });
    expect(found).toMatchObject({ error: { code: 'ROUND_TERMS', facts: { member } } });
  });

  it.each([[null], [[]], ['text'], [{ ...SMALL_TERMS, more: 1 }]])('are not %p', (value) =>
    expect(codeOf(parseTerms(value))).toBe('ROUND_TERMS'),
  );

  it.each<[AggregatorName, number, number, string]>([
    ['krum', 1, 4, 'AGGREGATION_BOUND'],
    ['krum', 1, 5, 'ok'],
    ['median', 2, 4, 'AGGREGATION_BOUND'],
    ['mean', 1, 5, 'AGGREGATION_BOUND'],
    ['mean', 0, 2, 'ok'],
  ])('with %s, %i faulty and at least %i members are %s', (aggregator, faulty, minimum, code) => {
    expect(codeOf(parseTerms({ ...SMALL_TERMS, aggregator, faulty, minimum }))).toBe(code);
  });
});

describe('private terms', () => {
  it('are read as they were written', () =>
    expect(parseTerms(JSON.parse(JSON.stringify(PRIVATE_TERMS)))).toEqual({
      ok: true,
      value: PRIVATE_TERMS,
    }));

  it.each<[string, unknown]>([
    ['ROUND_TERMS', null],
    ['ROUND_TERMS', { ...PRIVACY, more: 1 }],
    ['ROUND_TERMS', { ...PRIVACY, clip: 0 }],
    ['ROUND_TERMS', { ...PRIVACY, clip: 101 }],
    ['ROUND_TERMS', { ...PRIVACY, noise_multiplier: -1 }],
    ['ROUND_TERMS', { ...PRIVACY, noise_multiplier: '1' }],
    ['ROUND_TERMS', { ...PRIVACY, epsilon: 101 }],
    ['ROUND_TERMS', { ...PRIVACY, delta: 0.1 }],
    ['PRIVACY_BUDGET_SPENT', { ...PRIVACY, noise_multiplier: 0.1 }],
    ['PRIVACY_BUDGET_SPENT', { ...PRIVACY, epsilon: 2 }],
  ])('are refused with %s: %p', (code, privacy) =>
    expect(codeOf(parseTerms({ ...PRIVATE_TERMS, privacy }))).toBe(code),
  );

  it('need an aggregator that one member cannot move far', () => {
    const terms = { ...SMALL_TERMS, privacy: PRIVACY };
    expect(codeOf(parseTerms(terms))).toBe('PRIVACY_AGGREGATOR');
  });
});

describe('a statement', () => {
  const join = { version: 1, kind: 'join', round: ID, author } as const;
  const commit = { ...join, kind: 'commit', commitment: 'b'.repeat(64) } as const;
  const signed = (statement: RoundStatement) => ({
    ...{ statement, signature: bytesToHex(signer.sign(roundStatementBytes(statement))) },
  });

  it('is read as it was signed, of its kind and its round only', () => {
    expect(readRoundStatement('join', ID, signed(join))).toEqual({ ok: true, value: join });
    expect(readRoundStatement('commit', ID, signed(commit))).toEqual({ ok: true, value: commit });
    expect(codeOf(readRoundStatement('commit', ID, signed(join)))).toBe('ROUND_STATEMENT');
    const other = `round_${'b'.repeat(32)}`;
    expect(codeOf(readRoundStatement('join', other, signed(join)))).toBe('ROUND_STATEMENT');
  });

  it.each([
    { version: 2 },
    { kind: 'leave' },
    { author: `04${'a'.repeat(64)}` },
    { commitment: 'short' },
    { more: 1 },
  ])('with %p is refused', (change) => {
    const statement = { ...commit, ...change } as unknown as RoundStatement;
    expect(codeOf(readRoundStatement('commit', ID, signed(statement)))).toBe('ROUND_STATEMENT');
  });

  it('of somebody else is refused', () => {
    const { signature } = signed(commit);
    const statement = { ...commit, commitment: 'c'.repeat(64) };
    expect(codeOf(readRoundStatement('commit', ID, { statement, signature }))).toBe('ROUND_SIGNATURE');
    expect(codeOf(readRoundStatement('commit', ID, { statement: commit, signature: 'x' }))).toBe(
      'ROUND_SIGNATURE',
    );
  });

  it('commits to an update for one author in one round', () => {
    const update = 'd'.repeat(64);
    const commitments = [
      commitmentOf(ID, author, update),
      commitmentOf(ID, `02${'a'.repeat(64)}`, update),
      commitmentOf(`round_${'b'.repeat(32)}`, author, update),
      commitmentOf(ID, author, 'e'.repeat(64)),
    ];
    expect(new Set(commitments).size).toBe(4);
    expect(commitments[0]).toBe(hashJson({ version: 1, round: ID, author, update }));
  });
});

describe('an update of a round', () => {
  let base: RoundBase;
  beforeAll(async () => {
    base = await smallBase();
  });
  const read = (bytes: Uint8Array) => codeOf(readRoundUpdate(bytes, base, SMALL_TERMS));

  it('is as long as the weights it changes, twice as long at most, and finite', () => {
    const value = base.length / Math.sqrt(base.size);
    expect(base.size).toBe(3 * 32 * 64);
    expect(read(updateOf(base, () => 1.9 * value))).toBe('ok');
    expect(read(updateOf(base, () => 2.1 * value))).toBe('UPDATE_TOO_LARGE');
    expect(read(updateOf(base, () => 3e38))).toBe('UPDATE_TOO_LARGE');
    expect(read(updateOf(base, () => NaN))).toBe('UPDATE_NOT_FINITE');
    expect(read(updateOf(base, () => Infinity))).toBe('UPDATE_NOT_FINITE');
    // a scale that is finite, and values that are not
    const overflowing = updateOf(base, () => 0.01);
    const scale = overflowing.length - valueBytes(32 * 64, 8);
    new DataView(overflowing.buffer, overflowing.byteOffset).setFloat32(scale, 3e38, true);
    expect(read(overflowing)).toBe('UPDATE_NOT_FINITE');
    expect(read(new Uint8Array(100))).toBe('DELTA_FORMAT');
  });

  it('of other experts is refused', async () => {
    const other = await smallBase({ ...SMALL_TERMS, experts: ['layer0.expert0'] });
    expect(read(updateOf(other, () => 0.01))).toBe('DELTA_FORMAT');
  });

  it('needs an expert that the model has, and rounds that can be worked on', async () => {
    const terms = { ...SMALL_TERMS, experts: ['layer0.expert7'] };
    expect(codeOf(await readRoundBase(smallAccess, terms))).toBe('ROUND_EXPERT');
    expect(codeOf(await readRoundBase(smallAccess, { ...SMALL_TERMS, most: 1e6 }))).toBe('ROUND_TOO_LARGE');
    expect(codeOf(await readRoundBase(smallAccess, { ...SMALL_TERMS, release: 'f'.repeat(64) }))).toBe(
      'BLOCK_UNKNOWN',
    );
  });
});

describe('a round', () => {
  let base: RoundBase;
  let shown: ShownUpdate[];
  beforeAll(async () => {
    base = await smallBase();
    shown = Array.from({ length: 7 }, (_, i) => {
      const bytes = updateOf(base, (place) => Math.sin(place * (i + 1)) / 100 + (i === 6 ? -0.1 : 0.01));
      return { commitment: commitmentOf(ID, author, nativeSha256Hex(bytes)), bytes };
    });
  });
  const aggregated = (terms: Partial<RoundTerms>, updates: readonly ShownUpdate[]) => {
    const result = aggregateRound({ ...SMALL_TERMS, ...terms }, base, updates);
    if (!result.ok) throw result.error;
    return result.value;
  };

  it.each(Object.keys(AGGREGATORS) as AggregatorName[])(
    'gives the same bits with %s whatever order the updates came in',
    (aggregator) => {
      const terms = { aggregator, faulty: aggregator === 'mean' ? 0 : 1 };
      const one = aggregated(terms, shown);
      expect(aggregated(terms, [...shown].reverse())).toEqual(one);
      expect(aggregated(terms, [...shown.slice(3), ...shown.slice(0, 3)])).toEqual(one);
      const other = updateOf(base, () => 0.02);
      const changed = [...shown.slice(1), { commitment: shown[0].commitment, bytes: other }];
      if (aggregator !== 'krum') expect(aggregated(terms, changed).aggregate).not.toBe(one.aggregate);
    },
  );

  it('adds what was made of all to the experts, and says how each update lies to it', () => {
    const { blocks, figures } = aggregated({}, shown);
    expect(blocks.map(({ name }) => name)).toEqual(['layer0.expert1']);
    expect(blocks[0].payloadHash).toBe(nativeSha256Hex(blocks[0].payload));
    expect(blocks[0].payload).not.toEqual(base.model.blocks.get('layer0.expert1')!.payload);
    const view = new DataView(blocks[0].payload.buffer);
    const before = new DataView(base.model.blocks.get('layer0.expert1')!.payload.slice().buffer);
    const place = blocks[0].payload.length - 4;
    const moved = view.getFloat32(place, true) - before.getFloat32(place, true);
    expect(moved).toBeGreaterThan(-0.01);
    expect(moved).toBeLessThan(0.03);
    expect(figures.map(({ commitment }) => commitment)).toEqual(shown.map((each) => each.commitment).sort());
    const hostile = figures.find(({ commitment }) => commitment === shown[6].commitment);
    expect(hostile?.cosine).toBeLessThan(0);
    expect(hostile?.weight).toBe(0);
    expect(hostile).toMatchObject({ left_out: true, alike: 0 });
    // The median lies below the honest mean of 0.01, as the hostile one is the lowest everywhere: each has given all of it.
    for (const { projection = NaN, weight, alike } of figures.filter((each) => each !== hostile)) {
      expect([weight, alike]).toEqual([Math.floor(Math.min(1, projection) * 1e6), 1]);
      expect(projection).toBeGreaterThan(0.9);
    }
    expect(Math.max(...figures.map(({ distance = NaN }) => distance))).toBe(hostile?.distance);
  });

  it('is refused where one update is, and where too few are there', () => {
    const huge = { commitment: '0', bytes: updateOf(base, () => 1e6) };
    expect(codeOf(aggregateRound(SMALL_TERMS, base, [...shown, huge]))).toBe('UPDATE_TOO_LARGE');
    expect(codeOf(aggregateRound(SMALL_TERMS, base, shown.slice(0, 2)))).toBe('AGGREGATION_BOUND');
  });
});

describe('a private round', () => {
  const seed = (byte: number) => new Uint8Array(32).fill(byte);
  let base: RoundBase;
  let shown: ShownUpdate[];
  beforeAll(async () => {
    base = await smallBase();
    shown = Array.from({ length: 4 }, (_, i) => {
      const delta = updateOf(base, (place) => Math.sin(place * (i + 1)) / 100);
      const bytes = shownUpdate(PRIVATE_TERMS, seed(i), delta);
      return { commitment: commitmentOf(ID, author, nativeSha256Hex(bytes)), bytes };
    });
  });
  const aggregated = (noise: Uint8Array | null, updates = shown, privacy = PRIVACY) => {
    const result = aggregateRound({ ...PRIVATE_TERMS, privacy }, base, updates, noise);
    if (!result.ok) throw result.error;
    return result.value;
  };
  const valuesOf = ({ blocks: [{ payload, tensors }] }: ReturnType<typeof aggregated>) =>
    tensors.flatMap(({ offset, length, rows }) => {
      const tensor = TensorBlock.decode(payload.subarray(offset, offset + length));
      if (!tensor.ok) throw tensor.error;
      return [...tensor.value.rows(0, rows)];
    });

  it('gives the mean with noise that only the seed makes', () => {
    const one = aggregated(seed(1));
    expect(aggregated(seed(1), [...shown].reverse())).toEqual(one);
    expect(aggregated(seed(2)).aggregate).not.toBe(one.aggregate);
    expect(() => aggregated(null)).toThrow('without noise');
    const [least, most] = [valuesOf(one), valuesOf(aggregated(seed(1), shown, { ...PRIVACY, clip: 1.5 }))];
    // Twice the noise is on top: 0.5 and 1.5 of the weights' length, over four members.
    const added = norm(Float32Array.from(least, (value, i) => most[i] - value)) / Math.sqrt(base.size);
    expect(added / (base.length / 4)).toBeCloseTo(1, 1);
  });

  it('has other noise on other updates, and says of each no more than that it counts', () => {
    const all = aggregated(seed(1));
    const three = valuesOf(aggregated(seed(1), shown.slice(1)));
    const difference = Float32Array.from(valuesOf(all), (value, i) => value - three[i]);
    expect(norm(difference)).toBeGreaterThan(
      0.5 * (PRIVACY.clip * base.length * Math.sqrt(base.size)) * (1 / 4),
    );
    expect(all.figures).toEqual(
      shown
        .map(({ commitment }) => ({ commitment, weight: 1_000_000 }))
        .sort((a, b) => (a.commitment < b.commitment ? -1 : 1)),
    );
  });

  it('refuses an update that one could move it further by', () => {
    const value = base.length / Math.sqrt(base.size);
    const code = (factor: number) => {
      const bytes = shownUpdate(
        PRIVATE_TERMS,
        seed(1),
        updateOf(base, () => factor * value),
      );
      return codeOf(readRoundUpdate(bytes, base, PRIVATE_TERMS));
    };
    expect([code(0.49), code(0.51), code(2.1)]).toEqual(['ok', 'UPDATE_NOT_CLIPPED', 'UPDATE_TOO_LARGE']);
  });
});

describe('a training', () => {
  it('becomes an update of the round it was made for', async () => {
    const base = await smallBase();
    const { payload, tensors } = base.model.blocks.get('layer0.expert1')!;
    const trained = payload.slice();
    const [{ offset, length }] = tensors;
    new DataView(trained.buffer).setFloat32(offset + length - 4, 0.5, true);
    const plan = { rank: 0, share: 0.01, bits: 8 } as const;
    const wish = { ...{ plan, beta: 0, feedback: false, before: NOTHING_CARRIED }, salt: new Uint8Array(32) };
    const block = { name: 'layer0.expert1', parent: 'b'.repeat(64), payload_hash: nativeSha256Hex(trained) };
    const manifest = { version: 1, model: 'genesis', release: RELEASE, blocks: [block], steps: [] };
    const compress = (
      changes: object,
      payloads = new Map<string, Uint8Array>([['layer0.expert1', trained]]),
      terms = {},
    ) => compressTraining({ ...SMALL_TERMS, ...terms }, base, { ...manifest, ...changes }, payloads, wish);
    const found = compress({});
    if (!found.ok) throw found.error;
    const update = readRoundUpdate(found.value.bytes, base, SMALL_TERMS);
    expect(update.ok && update.value.filter((value) => value !== 0).length).toBe(1);
    expect(codeOf(compress({ release: 'c'.repeat(64) }))).toBe('ROUND_TRAINING');
    expect(codeOf(compress({ blocks: [{ ...block, name: 'layer0.expert0' }] }))).toBe('ROUND_TRAINING');
    expect(codeOf(compress({}, new Map()))).toBe('ROUND_TRAINING');
    expect(codeOf(compress({}, new Map([['layer0.expert1', payload]])))).toBe('ROUND_TRAINING');
    expect(codeOf(compress({}, undefined, { update_bytes: 10 }))).toBe('ROUND_TRAINING');
  });
});
