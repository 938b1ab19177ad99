import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeSha256Hex } from '../../src/common/native-hash.js';
import { first, mixture } from '../../src/datasets/generators/index.js';
import { encodeDelta } from '../../src/learning/delta/delta-codec.js';
import { decodeCarried } from '../../src/learning/rounds/carried-state.js';
import { SALT_BYTES } from '../../src/learning/rounds/round-update.js';
import type { RoundTerms } from '../../src/learning/rounds/terms.js';
import { call } from '../support/accounts.js';
import { AMONG_TESTS, runCommand, temporaryFolder, type TestServer } from '../support/index.js';
import {
  baseOf,
  personWith,
  RoundMember,
  roundReaches,
  startRoundServer,
  type Round,
} from '../support/rounds.js';

const EXPERT = 'layer0.expert0';

describe('private rounds', () => {
  let server: TestServer;
  let env: Record<string, string>;
  let members: RoundMember[];

  beforeAll(async () => {
    const started = await startRoundServer();
    ({ server, env } = started);
    members = [];
    for (const number of [21, 22])
      members.push(
        new RoundMember(server, await personWith(server, started.admin, 'user', 'contributor'), number),
      );
  });
  afterAll(() => server?.stop());

  it('show nobody what a member has given, and let it in as long as it has privacy left', async () => {
    const [person, other] = members;
    const own = { ...env, STEMMA_TOKEN: person.person.token };
    const command = (...args: string[]) => runCommand([...args, '--server', server.url, '--json'], own);
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await command(...args);
      expect([args, code, stderr]).toEqual([args, 0, expect.anything()]);
      return JSON.parse(stdout) as Round;
    };
    const announced = (epsilon: string) =>
      run(
        ...['rounds', 'announce', '--experts', EXPERT, '--aggregator', 'mean', '--faulty', '0'],
        ...['--minimum', '2', '--most', '2', '--steps', '2', '--batch-tokens', '256'],
        ...['--clip', '0.0001', '--noise', '2', '--epsilon', epsilon],
      );
    const id = (await announced('3')).round_id;
    const privacy = { clip: 0.0001, noise_multiplier: 2, epsilon: 3, delta: 1e-5 };
    expect(await run('rounds', 'join', id)).toMatchObject({ privacy });
    const told = await runCommand(['rounds', 'join', id, '--server', server.url], own);
    expect(told.stdout).toContain('epsilon 3 at delta 0.00001 at most');
    expect((await other.join(id)).status).toBe(200);
    await roundReaches(server, id, 'committing');

    const folder = temporaryFolder('private-training');
    mkdirSync(folder, { recursive: true });
    const data = join(folder, 'data.jsonl');
    const documents = [...first(60, mixture('train', 'round'))].map((example) => JSON.stringify(example));
    writeFileSync(data, documents.join('\n'));
    const out = join(folder, 'out');
    await run('train', '--round', id, '--data', data, '--out', out, '--minutes', '60', ...AMONG_TESTS);
    await run('rounds', 'commit', id, out, '--rank', '4');
    const update = readFileSync(join(out, 'update.sdelta'));
    // The same once more: no other salt, and nothing kept twice.
    const kept = join(
      ...[String(env.DATA_DIR), 'rounds', encodeURIComponent(server.url), 'genesis'],
      ...['private', `${EXPERT}.carried`],
    );
    const before = readFileSync(kept);
    expect(decodeCarried(before)).toMatchObject({ round: id, before: { rest: new Map() } });
    expect(decodeCarried(before)?.after.rest.size).toBeGreaterThan(0);
    await run('rounds', 'commit', id, out, '--rank', '4');
    expect(readFileSync(join(out, 'update.sdelta')).equals(update)).toBe(true);
    expect(readFileSync(kept).equals(before)).toBe(true);
    // Anything else is refused, before a file of what was committed to is another one.
    const another = await command('rounds', 'commit', id, out, '--rank', '2');
    expect(JSON.parse(another.stdout)).toMatchObject({ error: { code: 'ROUND_COMMITTED' } });
    expect(readFileSync(join(out, 'update.sdelta')).equals(update)).toBe(true);
    expect(readFileSync(kept).equals(before)).toBe(true);

    // A round that shows everything, with updates of the same length, gets the same update: nothing of what the private one has left.
    const shown = await run(
      ...['rounds', 'announce', '--experts', EXPERT, '--aggregator', 'mean', '--faulty', '0'],
      ...['--minimum', '2', '--most', '2', '--update-length', '0.0001'],
    );
    const copy = join(folder, 'copy');
    cpSync(out, copy, { recursive: true });
    const early = await command('rounds', 'commit', shown.round_id, copy, '--rank', '4');
    expect(JSON.parse(early.stdout)).toMatchObject({ error: { code: 'ROUND_CLOSED' } });
    expect(readFileSync(join(copy, 'update.sdelta')).equals(update.subarray(SALT_BYTES))).toBe(true);
    expect(readFileSync(kept).equals(before)).toBe(true);

    const terms = (await run('rounds', 'show', id)).terms as RoundTerms;
    const base = await baseOf(server, terms);
    const shift = (0.9 * 0.0001 * base.length) / Math.sqrt(base.size);
    const changes = base.tensors.map(({ block, tensor, rows, columns, values }) => {
      return [`${block}/${tensor}`, { rows, columns, values: values.map(() => shift) }] as const;
    });
    const theirs = Buffer.concat([
      new Uint8Array(32).fill(3),
      encodeDelta(new Map(changes), { rank: 1, share: 0, bits: 8 }),
    ]);
    expect((await other.commit(id, theirs)).status).toBe(200);
    await roundReaches(server, id, 'revealing');
    await run('rounds', 'reveal', id, out);
    expect((await other.reveal(id, theirs)).status).toBe(200);
    const hidden = await call(server, 'GET', `/learning/rounds/${id}/updates/${nativeSha256Hex(update)}`);
    expect([hidden.status, hidden.body.code]).toEqual([403, 'ROUND_UPDATE_PRIVATE']);
    const done = await roundReaches(server, id, 'submitted');
    expect(await run('rounds', 'recompute', id)).toEqual({
      ...{ round: id, published: done.aggregate, computed: null, equal: true, members: 2 },
    });

    for (const epsilon of ['3', '4']) {
      const refused = await command('rounds', 'join', (await announced(epsilon)).round_id);
      expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'PRIVACY_BUDGET_SPENT' } });
    }
    expect(await run('rounds', 'join', shown.round_id)).toMatchObject({ members: 1, privacy: null });
  });
});
