import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { unzipSync, zipSync } from 'fflate';
import { bytesToHex, canonicalJson, hexToBytes, unwrap, type Json } from '../../src/common/index.js';
import { nativeSha256 } from '../../src/common/native-hash.js';
import { BundleFolder } from '../../src/inference/bundle/bundle-folder.js';
import { bundledModel } from '../../src/inference/bundle/bundled-model.js';
import { BundledBlocks } from '../../src/inference/bundle/read-blocks.js';
import { ZipReader } from '../../src/inference/bundle/zip-reader.js';
import { publishCommitments } from '../../src/inference/commitment/index.js';
import { PlainWeights, PlainWitness, type Verdict } from '../../src/inference/dispute/index.js';
import { statementOf } from '../../src/inference/dispute/statement-of.js';
import { FileBlockSource } from '../../src/inference/kernel/node/file-source.js';
import {
  receiptBody,
  receiptId,
  receiptMessage,
  type Receipt,
  type ReceiptDocument,
} from '../../src/inference/receipt/index.js';
import { runCommand, startServer, temporaryFolder, type TestServer } from '../support/index.js';

const folder = temporaryFolder('dispute');
const honest = join(folder, 'honest.zip');
const altered = join(folder, 'altered.zip');
const nowhere = { DATA_DIR: join(folder, 'nowhere') };
let server: TestServer;
let document: ReceiptDocument;
let forged: Receipt;

async function post(path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The same statement with other commitments, signed by somebody. */
function signed(receipt: Receipt, commitments: string[]): Receipt {
  const secret = new Uint8Array(32).fill(5);
  const body = { ...receiptBody(receipt), commitments, node: bytesToHex(ed25519.getPublicKey(secret)) };
  const unsigned = { ...body, id: receiptId(body) };
  return { ...unsigned, signature: bytesToHex(ed25519.sign(receiptMessage(unsigned), secret)) };
}

/** What a node states whose key projection of layer 2 has one wrong bit: everything it says follows from its own blocks. */
async function forge(
  receipt: Receipt,
  evidence: NonNullable<ReceiptDocument['evidence']>,
  bytes: Uint8Array,
) {
  const files = unzipSync(bytes);
  const header = Object.values(files)
    .filter((file) => file.length < 100_000 && file[0] === 0x7b)
    .map(
      (file) =>
        JSON.parse(Buffer.from(file).toString()) as {
          name?: string;
          payload_hash: string;
          metadata: { tensors: { name: string; offset: number }[] };
        },
    )
    .find(({ name }) => name === 'layer2.attention')!;
  const key = header.metadata.tensors.find(({ name }) => name === 'k')!;
  const payload = Uint8Array.from(files[`payloads/${header.payload_hash}`]);
  payload[key.offset + 128 + 64 + 9] ^= 64;
  files[`payloads/${header.payload_hash}`] = payload;
  writeFileSync(altered, zipSync(files, { level: 0 }));
  const zip = unwrap(await ZipReader.open(altered));
  const place = join(folder, 'forge');
  mkdirSync(place);
  const blocks = new BundledBlocks(zip, await BundleFolder.in(place, zip));
  const model = unwrap(await bundledModel(receipt, blocks, () => undefined));
  const weights = new PlainWeights(model.engine, new FileBlockSource());
  const side = new PlainWitness(statementOf(receipt, evidence), { weights, sha256: nativeSha256 });
  const states = unwrap(await side.states(0, evidence.output_ids.length));
  await zip.close();
  const commitments = publishCommitments(states, hexToBytes(evidence.salt), nativeSha256).map(bytesToHex);
  forged = signed(receipt, commitments);
  files['receipt.json'] = Buffer.from(canonicalJson(forged as unknown as Json));
  writeFileSync(altered, zipSync(files, { level: 0 }));
}

beforeAll(async () => {
  server = await startServer();
  const answer = await post('/v1/chat/completions', {
    ...{ model: 'genesis', messages: [{ role: 'user', content: 'Tell me a story about a fox.' }] },
    ...{ temperature: 0.9, seed: 21, max_tokens: 40 },
  });
  const { receipt_id } = (await answer.json()) as { receipt_id: string };
  const bundle = await fetch(`${server.url}/v1/receipts/${receipt_id}/bundle`);
  const bytes = new Uint8Array(await bundle.arrayBuffer());
  writeFileSync(honest, bytes);
  document = (await (await fetch(`${server.url}/v1/receipts/${receipt_id}`)).json()) as ReceiptDocument;
  await forge(document.receipt, document.evidence!, bytes);
});

afterAll(async () => {
  await server?.stop();
});

describe('a dispute', () => {
  it('between two bundles names token, layer and operator, and who is wrong', async () => {
    const { code, stdout } = await runCommand(['dispute', honest, altered, '--json'], nowhere);
    const verdict = JSON.parse(stdout) as Verdict;
    expect([code, verdict.wrong]).toEqual([1, ['b']]);
    expect(verdict.place).toMatchObject({ layer: 2, operator: 'key' });
    expect(verdict.values?.a).toBe(verdict.values?.right);
    expect(verdict.work.referee / verdict.work.generation).toBeLessThan(0.01);
  });

  it('ends with 0 where there is nothing to dispute, and with 2 where it is used wrongly', async () => {
    const agreed = await runCommand(['dispute', honest, honest], nowhere);
    expect([agreed.code, agreed.stdout]).toEqual([0, 'Both say the same, bit by bit.\n']);
    const wrong = await runCommand(['dispute', honest, 'receipt.json'], nowhere);
    expect(wrong.code).toBe(2);
  });

  it('between two receipts names the one that does not hold', async () => {
    const b = { receipt: forged, evidence: document.evidence };
    const response = await post('/v1/receipts/dispute', { a: document, b });
    expect(await response.json()).toMatchObject({
      differs: true,
      wrong: ['b'],
      place: { token: 0, operator: 'commitment' },
    });
    const same = await post('/v1/receipts/dispute', { a: document, b: document });
    expect(await same.json()).toMatchObject({ differs: false, wrong: [], place: null });
    const unsigned = { ...b, receipt: { ...forged, commitments: document.receipt.commitments } };
    const refused = await post('/v1/receipts/dispute', { a: document, b: unsigned });
    expect([refused.status, await refused.json()]).toMatchObject([400, { code: 'DISPUTE_STATEMENT' }]);
  });
});
