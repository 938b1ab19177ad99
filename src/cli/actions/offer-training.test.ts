import type { Json } from '../../common/index.js';
import { planJson } from '../../learning/run/plan-json.js';
import { ADAM_DEFAULTS } from '../../learning/trainer/adam.js';
import type { CommandContext } from '../command-context.js';
import { offersTraining, questionOf, requiresTraining } from './offer-training.js';

const hash = (digit: string) => digit.repeat(64);
const manifest: Json = {
  ...{ version: 2, model: 'genesis', release: hash('1'), kernel: hash('2'), initial: hash('3') },
  data: { hash: hash('4'), bytes: 10, learnt: 300, unseen: 3, root: hash('5'), datasets: [] },
  plan: planJson({
    blocks: ['layer3.expert5'],
    ...{ seed: '1', batchTokens: 2048, microBatchTokens: 1024, balance: 0 },
    schedule: { peak: 0.001, floor: 0.05, warmUp: 5, steps: 40 },
    adam: ADAM_DEFAULTS,
  }),
  blocks: [{ name: 'layer3.expert5', parent: hash('7'), payload_hash: hash('8') }],
  steps: Array.from({ length: 40 }, () => ({ hash: hash('a'), tokens: 50, examples: 12, loss: 1 })),
};
/** Nothing is said where results are for machines. */
const context = { json: true } as CommandContext;

describe('whether documents of a training are offered to be shown', () => {
  const offers = async (
    show: boolean | undefined,
    answer: string | null,
    canShow = true,
    isRequired = false,
  ) => {
    const asked: string[] = [];
    const ask = (question: string) => {
      asked.push(question);
      return Promise.resolve(answer ?? '');
    };
    const ways = { ask: answer === null ? null : ask, canShow: () => Promise.resolve(canShow) };
    return [await offersTraining(context, 'folder', manifest, { show, isRequired }, ways), asked.length];
  };

  it('is asked on a terminal, and only a yes is one', async () => {
    expect(await offers(undefined, 'y')).toEqual([true, 1]);
    expect(await offers(undefined, ' Yes ')).toEqual([true, 1]);
    for (const answer of ['', 'n', 'yesterday']) expect(await offers(undefined, answer)).toEqual([false, 1]);
  });

  it('is what an option says, without a question', async () => {
    expect(await offers(true, 'n')).toEqual([true, 0]);
    expect(await offers(false, 'y')).toEqual([false, 0]);
  });

  it('is no where nobody can be asked, or nothing can be shown any more', async () => {
    expect(await offers(undefined, null)).toEqual([false, 0]);
    expect(await offers(undefined, 'y', false)).toEqual([false, 0]);
    expect(await offers(true, 'y', false)).toEqual([false, 0]);
  });

  it('has to be decided where the server audits everybody and nobody can be asked', async () => {
    const refusal = { code: 'TRAINING_NOT_SHOWN', message: expect.stringContaining('--show') as string };
    await expect(offers(undefined, null, true, true)).rejects.toMatchObject(refusal);
    expect(await offers(undefined, 'y', true, true)).toEqual([true, 1]);
    expect(await offers(true, null, true, true)).toEqual([true, 0]);
    expect(await offers(false, null, true, true)).toEqual([false, 0]);
  });

  it('is required where the server says so', async () => {
    const answered = (status: number, body: object) =>
      requiresTraining({ fetch: () => Promise.resolve(Response.json(body, { status })) });
    expect(await answered(200, { required: true, updates: 8 })).toBe(true);
    expect(await answered(200, { required: false, updates: 8 })).toBe(false);
    expect(await answered(404, { code: 'NOT_FOUND', detail: '' })).toBe(false);
    await expect(answered(503, { code: 'BUSY', detail: '' })).rejects.toMatchObject({ code: 'BUSY' });
  });

  it('is asked with how many documents that would be', () => {
    const question = questionOf(manifest);
    expect(question).toContain('the usual 10 updates about 120 of your 300');
    expect(question).toContain('Without them nothing is paid');
  });
});
