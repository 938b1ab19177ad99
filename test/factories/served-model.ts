import { unwrap } from '../../src/common/index.js';
import { serveModel, type ServedModel } from '../../src/inference/models/served-model.js';
import { genesisTokenizer } from '../support/genesis-encoder.js';

/** The genesis model as inference sees it: its real tokenizer, and a block of no content for every weight. */
export function genesisModel(release = 'cd'.repeat(32)): ServedModel {
  const tokenizer = genesisTokenizer();
  const config = {
    family: 'mixtral' as const,
    hiddenSize: 192,
    layers: 6,
    experts: 8,
    expertsPerToken: 2,
    expertHiddenSize: 384,
    heads: 6,
    kvHeads: 2,
    headDim: 32,
    vocabSize: 2048,
    maxPositions: 512,
    ropeTheta: 10_000,
    rmsEpsilon: 1e-5,
    tieWordEmbeddings: false,
  };
  const block = (name: string) => ({
    name,
    block: 'ef'.repeat(32),
    payloadHash: '12'.repeat(32),
    payloadSize: 0,
    path: '/nowhere',
    tensors: [],
  });
  const blocks = Array.from({ length: 8 }, (_, expert) => block(`layer0.expert${expert}`));
  return unwrap(
    serveModel({ model: 'genesis', version: '1.0.0', tokenizer, engine: { release, config, blocks } }),
  );
}
