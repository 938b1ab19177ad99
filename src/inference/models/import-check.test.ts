import { genesisModel } from '../../../test/factories/served-model.js';
import type { Json } from '../../common/index.js';
import { TokenizerChecks } from '../../experts/index.js';
import { ImportCheck } from './import-check.js';

const { tokenizer, config } = genesisModel().tokenizer!.source;
const good = { tokenizer, config, generation: null };

function check(payload: Json) {
  const checks = new TokenizerChecks();
  new ImportCheck(checks).onModuleInit();
  const checked = checks.check(payload);
  return checked.ok ? 'ok' : [checked.error.code, checked.error.facts.cause, checked.error.status];
}

describe('a tokenizer that is to be imported', () => {
  it('is taken when answers can be made with it, and so is a model without one', () => {
    expect([check(good), check(null)]).toEqual(['ok', 'ok']);
  });

  it.each<[string, Json]>([
    ['has no model', { ...good, tokenizer: { version: '1.0' } }],
    ['is of a kind nobody knows', { ...good, tokenizer: { ...tokenizer, model: { type: 'Runes' } } }],
    ['has no vocabulary', { ...good, tokenizer: { ...tokenizer, model: { type: 'BPE' } } }],
  ])('is refused when it %s', (_, payload) => {
    expect(check(payload)).toEqual(['IMPORT_TOKENIZER', 'TOKENIZER_INVALID', 422]);
  });

  it('is refused with a chat template that cannot be read', () => {
    const payload = { ...good, config: { ...config, chat_template: '{% for %}' } };
    expect(check(payload)).toMatchObject(['IMPORT_TOKENIZER', expect.stringMatching(/TEMPLATE/), 422]);
  });
});
