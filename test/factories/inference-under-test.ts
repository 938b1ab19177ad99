import { jest } from '@jest/globals';
import { EventBus, ok, unwrap, type Clock } from '../../src/common/index.js';
import { HealthRegistry } from '../../src/common/observation/health-registry.js';
import { LiveFigures } from '../../src/common/observation/live-figures.js';
import { MetricRegistry } from '../../src/common/observation/metric-registry.js';
import { Tracing } from '../../src/common/observation/tracing.js';
import { VersionRegistry } from '../../src/common/observation/version-registry.js';
import { AnswerFees, type AnswerFee } from '../../src/inference/answers/answer-fees.js';
import { AnswerMeter } from '../../src/inference/answers/answer-meter.js';
import type { AnswerDelta, AnswerRequest } from '../../src/inference/answers/answer-request.js';
import { InferenceService } from '../../src/inference/answers/inference.service.js';
import { BlockWatch } from '../../src/inference/engine/block-watch.js';
import type { EngineCapacity } from '../../src/inference/engine/engine-capacity.js';
import { EngineHost } from '../../src/inference/engine/engine-host.js';
import { KernelArchive } from '../../src/inference/engine/kernel-archive.js';
import type { ModelCatalog } from '../../src/inference/models/model-catalog.js';
import { PromptEncoder } from '../../src/inference/models/prompt-encoder.js';
import { ReceiptIssuer } from '../../src/inference/receipts/receipt-issuer.js';
import type { StoredReceipt } from '../../src/inference/receipts/receipt-store.js';
import type { ReceiptWriter } from '../../src/inference/receipts/receipt-writer.js';
import type { NodeKeys } from '../../src/keys/index.js';
import { ed25519Signer } from '../../src/keys/signer.js';
import { testConfig } from '../support/test-config.js';
import { ScriptedEngine } from './scripted-engine.js';
import { genesisModel } from './served-model.js';

/** The model that answers. */
export const model = genesisModel();
/** The tokens of a text. */
export const idsOf = (text: string) => model.tokenizer!.encode(text, false);

/** The service on an engine that says what it is told; receipts are written into a list. */
export function inferenceUnderTest(
  maxQueue = 2,
  capacity?: EngineCapacity,
  served = model,
  fees = new AnswerFees(),
  clock?: Clock,
) {
  const engine = new ScriptedEngine();
  const events = new EventBus();
  const health = new HealthRegistry();
  const config = testConfig({ maxQueue });
  const factory = () => Promise.resolve(engine.port());
  const host = new EngineHost(
    factory,
    new BlockWatch(health),
    new KernelArchive(config),
    new VersionRegistry(),
    events,
    health,
  );
  const stored: StoredReceipt[] = [];
  const write = jest.fn((receipt: StoredReceipt, _?: AnswerFee) => {
    stored.push(receipt);
    return Promise.resolve();
  });
  const meter = new AnswerMeter(config, new MetricRegistry(), new LiveFigures(), events, new Tracing());
  const keys = { receiptSigner: ed25519Signer(new Uint8Array(32).fill(7)) } as NodeKeys;
  const catalog = { resolve: () => Promise.resolve(ok(served)) } as unknown as ModelCatalog;
  const issuer = new ReceiptIssuer(keys, { write } as unknown as ReceiptWriter);
  const none = [undefined, undefined] as const;
  const encoder = new PromptEncoder();
  const sut = new InferenceService(catalog, encoder, host, meter, issuer, ...none, capacity, fees, clock);
  return { sut, engine, host, stored, write, events, meter };
}

/** Begins to answer a request. */
export async function begin(sut: InferenceService, changes: Partial<AnswerRequest> = {}) {
  const request = { model: 'genesis', owner: 'test', prompt: { text: 'Say it.' }, seed: 1, ...changes };
  const prepared = unwrap(await sut.prepare(request));
  const deltas: AnswerDelta[] = [];
  const aborter = new AbortController();
  const running = sut.run(prepared, { id: 'x', signal: aborter.signal, on: (delta) => deltas.push(delta) });
  return { running, deltas, abort: () => aborter.abort(), prepared };
}
