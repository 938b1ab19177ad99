import { parseModelConfig } from '../../experts/model-config.js';
import { checkModelConfig, type ModelConfig } from './config.js';

const config: ModelConfig = {
  family: 'mixtral',
  hiddenSize: 64,
  layers: 2,
  experts: 64,
  expertsPerToken: 2,
  expertHiddenSize: 64,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  vocabSize: 100,
  maxPositions: 200,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-5,
  tieWordEmbeddings: false,
};

describe('the configuration of a model', () => {
  it.each<[Partial<ModelConfig>, number]>([
    [{ hiddenSize: 65_536 + 32 }, 65_536],
    [{ layers: 1025 }, 1024],
    [{ experts: 4097 }, 4096],
    [{ expertsPerToken: 65 }, 64],
    [{ expertHiddenSize: 2 ** 18 + 32 }, 2 ** 18],
    [{ heads: 1026 }, 1024],
    [{ kvHeads: 1025 }, 1024],
    [{ headDim: 1040 }, 1024],
    [{ vocabSize: 2 ** 21 + 1 }, 2 ** 21],
    [{ maxPositions: 2 ** 20 + 1 }, 2 ** 20],
    [{ ropeTheta: 1e12 }, 1e12],
    [{ rmsEpsilon: 1 }, 1],
  ])('is refused beyond a limit by the kernel and by an import alike: %j', (change, limit) => {
    const [[field, value]] = Object.entries(change);
    const message = expect.stringMatching(new RegExp(`${field} is ${value}: must .*${limit}`)) as string;
    const changed = { ...config, ...change };
    expect(checkModelConfig(changed)).toMatchObject({
      error: { code: 'MODEL_CONFIG', message, facts: { field, value, limit } },
    });
    expect(parseModelConfig(changed, 'IMPORT_CONFIG')).toMatchObject({
      error: { code: 'IMPORT_CONFIG', message, facts: { member: field, value, limit } },
    });
  });

  it.each<Partial<ModelConfig>>([
    { hiddenSize: 65_536 },
    { expertHiddenSize: 2 ** 18 },
    { vocabSize: 2 ** 21 },
    { maxPositions: 2 ** 20 },
  ])('is taken by both at a limit: %j', (change) => {
    const changed = { ...config, ...change };
    expect(checkModelConfig(changed)).toEqual({ ok: true, value: undefined });
    expect(parseModelConfig(changed)).toEqual({ ok: true, value: changed });
  });

  it.each<[unknown, string]>([
    [null, 'payload'],
    [[], 'payload'],
    [{ ...config, headDim: undefined }, 'headDim'],
    [{ ...config, rmsEpsilon: Number.NaN }, 'rmsEpsilon'],
    [{ ...config, layers: { length: 1 } }, 'layers'],
    [{ ...config, tieWordEmbeddings: 1 }, 'tieWordEmbeddings'],
  ])('is refused by both where a value is of another kind: %p', (value, field) => {
    expect(checkModelConfig(value as ModelConfig)).toMatchObject({ error: { facts: { field } } });
    expect(parseModelConfig(value)).toMatchObject({ error: { facts: { member: field } } });
  });

  it.each(['more', 'constructor', 'toString'])('has no member %s', (member) => {
    const refusal = { error: { code: 'META_CONFIG', facts: { member } } };
    expect(parseModelConfig({ ...config, [member]: 1 })).toMatchObject(refusal);
  });

  it.each<Partial<ModelConfig>>([
    { hiddenSize: 48 },
    { expertHiddenSize: 48 },
    { headDim: 24 },
    { heads: 3, kvHeads: 3, headDim: 16 },
  ])("is refused by both where the kernel's vectors do not fit: %j", (change) => {
    const [[field, value]] = Object.entries(change);
    const refusal = { error: { code: 'MODEL_CONFIG', facts: { field, value } } };
    expect(checkModelConfig({ ...config, ...change })).toMatchObject(refusal);
    const facts = { member: field, value };
    expect(parseModelConfig({ ...config, ...change })).toMatchObject({ error: { facts } });
  });
});
