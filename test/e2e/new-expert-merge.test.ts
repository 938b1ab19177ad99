import { DAMAGED_EXPERT } from '../support/damaged-genesis.js';
import { runCommand, temporaryFolder } from '../support/index.js';
import { manifestIn, NewExpertLab } from '../support/new-experts.js';
import type { Body } from '../support/submissions.js';

const NAMES = ['layer4.expert8', 'layer4.expert9'];

describe('new experts that were trained apart', () => {
  const [one, two, both] = ['one', 'two', 'both'].map((name) => temporaryFolder(name));
  let lab: NewExpertLab;

  beforeAll(async () => {
    // In one domain the two together are better by little: a few examples could say otherwise.
    lab = await NewExpertLab.open({ LEARNING_AUDIT_UPDATES: '0', LEARNING_DRAWS: '80' });
    const from = ['--new-expert', 'layer4', '--from', DAMAGED_EXPERT];
    expect(await lab.train(one, 24, ...from)).toMatchObject({ code: 0 });
    expect(await lab.train(two, 2, ...from, '--seed', '2')).toMatchObject({ code: 0 });
  });
  afterAll(() => lab?.server.stop());

  it('are merged into one candidate, the second of a number under the next', async () => {
    const { code, stdout } = await runCommand(['merge', one, two, '--out', both, '--json'], lab.env);
    const { experts } = JSON.parse(stdout) as { experts: Body[] };
    expect([code, experts]).toEqual([
      0,
      [
        { was: NAMES[0], name: NAMES[0], from: DAMAGED_EXPERT },
        { was: NAMES[0], name: NAMES[1], from: DAMAGED_EXPERT },
      ],
    ]);
    expect(manifestIn(both).merged).toHaveLength(2);
    const alone = await runCommand(['merge', one, '--out', both, '--json'], lab.env);
    expect([alone.code, alone.stdout]).toEqual([1, expect.stringContaining('MERGE_BLOCKS')]);
  });

  it('are judged and released together, and both a part of answers', async () => {
    const [{ code, answer }] = await Promise.all([lab.submit(both), lab.approve()]);
    expect([code, answer.state, answer.version]).toEqual([0, 'released', '1.1.0']);
    const after = await lab.answer();
    expect(after.receipt.experts.map(({ name }) => name)).toEqual(expect.arrayContaining(NAMES));
    await lab.replay(after);
    await lab.isClean();
  });
});
