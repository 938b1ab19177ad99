import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { aReceipt } from '../../../test/factories/receipt.js';
import { genesisModel } from '../../../test/factories/served-model.js';
import { LOCAL_ADMIN } from '../../auth/identity.js';
import { err, ok, type Result } from '../../common/index.js';
import type { NodeKeys } from '../../keys/index.js';
import type { AnswerMeter } from '../answers/answer-meter.js';
import type { EngineHost } from '../engine/engine-host.js';
import type { EngineListener } from '../engine/engine-port.js';
import { cancelled } from '../kernel/refusals.js';
import { LogitsController } from '../logits/logits.controller.js';
import { LogitsService } from '../logits/logits.service.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import { NodeDisputes } from '../testimony/node-disputes.js';
import { TestimonyController } from '../testimony/testimony.controller.js';
import { TestimonyService } from '../testimony/testimony.service.js';
import { DisputeController } from './dispute.controller.js';
import { DisputeService } from './dispute-service.js';
import type { ReceiptLog } from './receipt-log.js';
import { ReceiptService } from './receipt-service.js';
import { ReceiptStore } from './receipt-store.js';
import { ReceiptsController } from './receipts.controller.js';

const { receipt, evidence } = aReceipt();
const side = { receipt, evidence };

/** Resolves once it is told to. */
function signalled() {
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (tell = resolve));
  return { told, tell };
}

describe('a client that leaves', () => {
  let app: NestFastifyApplication;
  let url: string;
  let begun: ReturnType<typeof signalled>;
  let ended: ReturnType<typeof signalled>;
  let freed: ReturnType<typeof signalled>;

  beforeAll(async () => {
    /** Work that goes on until nobody wants it. */
    const endless = (_: object, { signal }: EngineListener) =>
      new Promise<Result<never>>((resolve) => {
        signal.addEventListener('abort', () => {
          ended.tell();
          resolve(err(cancelled()));
        });
        begun.tell();
      });
    const engine = { kernelHash: receipt.kernel, lane: null, replay: endless, logits: endless };
    const store = { find: async () => ({ receipt, evidence, owner: 'owner' }) } as unknown as ReceiptStore;
    const model = ok(genesisModel());
    const catalog = { resolve: async () => model, release: async () => model } as unknown as ModelCatalog;
    const host = {
      use: (_: object, work: (port: object) => unknown) => work(engine),
    } as unknown as EngineHost;
    const admission = () => ok({ release: () => freed.tell() });
    const meter = { queue: { admit: admission } } as unknown as AnswerMeter;
    const receipts = new ReceiptService(store, {} as ReceiptLog, catalog, host, meter);
    const testimonies = new TestimonyService(store, catalog, host, meter, {} as NodeKeys);
    const module = await Test.createTestingModule({
      controllers: [ReceiptsController, DisputeController, TestimonyController, LogitsController],
      providers: [
        { provide: ReceiptStore, useValue: store },
        { provide: ReceiptService, useValue: receipts },
        { provide: DisputeService, useValue: new DisputeService(catalog, host, meter) },
        { provide: NodeDisputes, useValue: {} },
        { provide: TestimonyService, useValue: testimonies },
        { provide: LogitsService, useValue: new LogitsService(catalog, host, meter) },
      ],
    }).compile();
    const adapter = new FastifyAdapter();
    adapter.getInstance().addHook('onRequest', (request, _, done) => {
      Object.assign(request, { identity: LOCAL_ADMIN });
      done();
    });
    app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: false });
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  });
  afterAll(() => app.close());
  beforeEach(() => ([begun, ended, freed] = [signalled(), signalled(), signalled()]));

  it.each([
    ['a replay', `/v1/receipts/${receipt.id}/replay`, {}],
    ['a dispute', '/v1/receipts/dispute', { a: side, b: side }],
    ['a testimony', `/v1/receipts/${receipt.id}/testimony`, { of: 'states', first: 1, end: 3 }],
    ['raw logits', '/logits', { model: 'genesis', ids: [1, 2, 3] }],
  ])('ends %s, which gives back its place', async (_, path, body) => {
    const leaving = new AbortController();
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body), signal: leaving.signal };
    const asked = fetch(`${url}${path}`, init).then(
      ({ status }) => status,
      () => 'left',
    );
    await begun.told;
    leaving.abort();
    await ended.told;
    await freed.told;
    expect(await asked).toBe('left');
  });
});
