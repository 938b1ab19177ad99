import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeSha256Hex } from '../../src/common/native-hash.js';
import { encodeRouterRow } from '../../src/experts/blocks/new-expert.js';
import { DAMAGED_EXPERT } from '../support/damaged-genesis.js';
import { answerOnce, runCommand, runTrainCommand, temporaryFolder } from '../support/index.js';
import { manifestIn, NewExpertLab } from '../support/new-experts.js';
import type { Body } from '../support/submissions.js';

const NEW = 'layer4.expert8';
const ROW = 'layer4.router.row8';
/** What a row's TensorBlock has before its values. */
const HEADER_BYTES = 128;

describe('a new expert', () => {
  const trained = temporaryFolder('trained');
  let lab: NewExpertLab;

  beforeAll(async () => {
    lab = await NewExpertLab.open({ LEARNING_AUDIT_UPDATES: '2' });
  });
  afterAll(() => lab?.server.stop());

  it('is trained with its row of the router, the same bits again from where a training was stopped', async () => {
    const answer = await lab.train(trained, 24, '--new-expert', 'layer4', '--from', DAMAGED_EXPERT);
    expect(answer).toMatchObject({ code: 0, end: 'schedule', updates: 24 });
    const manifest = manifestIn(trained);
    expect(manifest.plan).toMatchObject({
      blocks: [NEW, ROW],
      new_experts: [{ name: NEW, from: DAMAGED_EXPERT }],
    });
    const resumed = temporaryFolder('resumed');
    cpSync(trained, resumed, { recursive: true });
    writeFileSync(join(resumed, 'manifest.json'), '{}');
    expect((await runTrainCommand(['--resume', resumed, '--json'], lab.env)).code).toBe(0);
    expect(manifestIn(resumed)).toEqual(manifest);
    for (const name of [NEW, ROW])
      expect(readFileSync(join(resumed, `${name}.tensorblock`))).toEqual(
        readFileSync(join(trained, `${name}.tensorblock`)),
      );
  });

  it('is refused in a place that is not empty, and beside other options', async () => {
    const out = temporaryFolder('refused');
    const codeOf = async (...what: string[]) =>
      ((await lab.train(out, 1, ...what)).error as { code: string }).code;
    expect(await codeOf('--new-expert', 'layer4.expert3', '--from', DAMAGED_EXPERT)).toBe('TRAINING_BLOCKS');
    expect(await codeOf('--new-expert', 'layer9')).toBe('TRAINING_BLOCKS');
    expect(await codeOf('--new-expert', 'layer4', '--experts', DAMAGED_EXPERT)).toBe('TRAINING_OPTIONS');
    expect(await codeOf('--experts', DAMAGED_EXPERT, '--from', DAMAGED_EXPERT)).toBe('TRAINING_OPTIONS');
  });

  it('is rejected with a row that its training did not end with', async () => {
    const forged = temporaryFolder('forged');
    cpSync(trained, forged, { recursive: true });
    const row = readFileSync(join(forged, `${ROW}.tensorblock`));
    row.writeFloatLE(row.readFloatLE(HEADER_BYTES) + 1, HEADER_BYTES);
    writeFileSync(join(forged, `${ROW}.tensorblock`), row);
    const unnamed = await lab.submit(forged);
    expect([unnamed.code, unnamed.answer]).toEqual([
      1,
      expect.objectContaining({ error: expect.objectContaining({ code: 'SUBMISSION_FORM' }) }),
    ]);
    const name = (bytes: Uint8Array) => {
      writeFileSync(join(forged, `${ROW}.tensorblock`), bytes);
      const manifest = manifestIn(forged);
      const blocks = manifest.blocks.map((block) =>
        block.name === ROW ? { ...block, payload_hash: nativeSha256Hex(bytes) } : block,
      );
      writeFileSync(join(forged, 'manifest.json'), JSON.stringify({ ...manifest, blocks }));
    };
    name(encodeRouterRow(new Float32Array(64).fill(1)));
    const short = await lab.submit(forged);
    expect([short.code, short.answer.error]).toEqual([
      1,
      expect.objectContaining({ code: 'BLOCK_RULES_WEIGHTS' }),
    ]);
    name(row);
    const { code, answer } = await lab.submit(forged);
    expect([code, answer.state, answer.code]).toEqual([1, 'rejected', 'AUDIT_WEIGHTS']);
  });

  it('is judged, released as a minor version, and a part of answers that replay', async () => {
    const before = await lab.answer();
    const [handed] = await Promise.all([lab.submit(trained), lab.approve()]);
    expect([handed.code, handed.answer.state, handed.answer.version]).toEqual([0, 'released', '1.1.0']);
    const { blocks, release } = handed.answer as unknown as { blocks: { hash: string }[]; release: string };
    const after = await lab.answer();
    expect(after.receipt.release).toBe(release);
    expect(after.receipt.experts).toContainEqual(
      expect.objectContaining({ name: NEW, block: blocks[0].hash }),
    );
    await lab.replay(after);
    await lab.replay(before);
    await lab.isClean();
    const again = await lab.submit(trained);
    expect(again.answer.state).toBe('released');
  });

  it('is outdated where another has its place', async () => {
    const other = temporaryFolder('other');
    expect(await lab.train(other, 2, '--new-expert', NEW, '--model', 'genesis@1.0.0')).toMatchObject({
      code: 0,
    });
    expect(manifestIn(other).blocks.map(({ name }) => name)).toEqual([NEW, ROW]);
    const { code, answer } = await lab.submit(other);
    expect([code, answer.error]).toEqual([1, expect.objectContaining({ code: 'SUBMISSION_OUTDATED' })]);
  });

  it('is undone by leaving it out, and its place is not taken again', async () => {
    const command = [
      'experts',
      'opt-out',
      '--experts',
      NEW,
      '--reason',
      'its author has asked for it',
      '--json',
    ];
    expect((await runCommand(command, lab.env)).code).toBe(0);
    await lab.approve();
    await answerOnce(
      () => lab.contributor.get('/models/genesis/releases'),
      ({ items }) => (items as Body[]).some(({ version, live }) => version === '1.1.1' && live === true),
    );
    const after = await lab.answer();
    expect(after.receipt.experts.map(({ name }) => name)).not.toContain(NEW);
    await lab.replay(after);
    await lab.isClean();
    const next = temporaryFolder('next');
    await lab.train(next, 1, '--new-expert', 'layer4', '--from', DAMAGED_EXPERT);
    expect(manifestIn(next).blocks[0].name).toBe('layer4.expert9');
  });

  it('does not come back from a release that had it', async () => {
    const back = temporaryFolder('back');
    await lab.train(back, 1, '--new-expert', 'layer4', '--from', NEW, '--model', 'genesis@1.1.0');
    expect(manifestIn(back).blocks[0]).toMatchObject({ name: 'layer4.expert9', from: NEW });
    const { code, answer } = await lab.submit(back);
    expect([code, answer.error]).toEqual([1, expect.objectContaining({ code: 'SUBMISSION_OUTDATED' })]);
  });
});
