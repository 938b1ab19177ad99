import { parentPort, workerData } from 'node:worker_threads';
import { nativeSha256 } from '../../common/native-hash.js';
import { PlainWeights } from '../dispute/referee/weights.js';
import { PlainWitness } from '../dispute/plain-witness.js';
import { FileBlockSource } from '../kernel/node/file-source.js';
import { toPlain } from '../kernel/node/protocol.js';
import { letOthersGoFirst } from '../kernel/node/thread-priority.js';
import { rowsOf, type WitnessCall, type WitnessReply, type WitnessThreadData } from './witness-work.js';

letOthersGoFirst();
// One answer of this node, computed again in plain TypeScript from the blocks that this node has, position after position.
const { model, statement, states } = workerData as WitnessThreadData;
const weights = new PlainWeights(model, new FileBlockSource());
const witness = new PlainWitness(statement, { weights, sha256: nativeSha256 }, states);

parentPort?.on('message', ({ id, question }: WitnessCall) => {
  void rowsOf(witness, question).then((rows) => {
    parentPort?.postMessage({ id, rows: toPlain(rows) } satisfies WitnessReply);
  });
});
