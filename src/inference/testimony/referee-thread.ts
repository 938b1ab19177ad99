import { parentPort, workerData } from 'node:worker_threads';
import { unwrap, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { Grammars } from '../constraints/index.js';
import type { SideName } from '../dispute/index.js';
import { PlainWeights } from '../dispute/referee/weights.js';
import { settle, type Referee } from '../dispute/settle.js';
import { FileBlockSource } from '../kernel/node/file-source.js';
import { fromPlain, toPlain } from '../kernel/node/protocol.js';
import { AskingWitness, type AskNode } from './asking-witness.js';
import type { FromReferee, RefereeThreadData, ToReferee } from './referee-work.js';

// One dispute: the questions go to the main thread, the disputed operator is computed here, where nobody else waits for it.
const { model, a, b } = workerData as RefereeThreadData;
const waiting = new Map<number, (rows: Result<readonly string[]>) => void>();
let nextId = 0;

function send(message: FromReferee): void {
  parentPort?.postMessage(message);
}

function asking(side: SideName): AskNode {
  return (question) =>
    new Promise((resolve) => {
      const id = nextId++;
      waiting.set(id, resolve);
      send({ id, side, question });
    });
}

function referee(): Referee {
  const weights = new PlainWeights(model, new FileBlockSource());
  const { constraint } = a.sampling;
  const { vocabulary } = model;
  if (constraint === undefined || vocabulary === undefined) return { weights, sha256: nativeSha256 };
  const grammars = new Grammars(vocabulary);
  return { weights, sha256: nativeSha256, filter: () => unwrap(grammars.matcher(constraint)) };
}

parentPort?.on('message', ({ id, rows }: ToReferee) => {
  waiting.get(id)?.(fromPlain(rows));
  waiting.delete(id);
});

const witness = (side: SideName) => new AskingWitness(side, side === 'a' ? a : b, model.config, asking(side));
send({ verdict: toPlain(await settle(witness('a'), witness('b'), referee())) });
