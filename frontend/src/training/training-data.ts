import { PayloadHasher } from '../../../src/chain/block/payload.js';
import { unwrap } from '../../../src/common/result.js';
import { chunksOf } from '../../../src/common/stream-chunks.js';
import { ExampleEncoder } from '../../../src/learning/examples/example-encoder.js';
import { readExamples, type TrainingExamples } from '../../../src/learning/run/read-examples.js';
import { RUN_SETTINGS } from '../../../src/learning/run/run-settings.js';
import type { ReleaseModel } from '../../../src/learning/source/release-model.js';

/** Data to learn from, read. */
export interface TrainingData {
  /** SHA-256 of the file. */
  readonly hash: string;
  readonly bytes: number;
  readonly examples: TrainingExamples;
}

/** Reads data as `stemma train` reads a file; throws `DATASET_…` with the line, `TRAINING_…`. @param tell bytes read so far */
export async function readTrainingData(
  data: Blob,
  model: ReleaseModel,
  tell: (bytes: number) => void,
): Promise<TrainingData> {
  const encoder = unwrap(ExampleEncoder.create(model.tokenizer));
  const hasher = new PayloadHasher();
  let bytes = 0;
  const watched = async function* () {
    for await (const chunk of chunksOf(data.stream())) {
      hasher.update(chunk);
      bytes += chunk.length;
      tell(bytes);
      yield chunk;
    }
  };
  const all = unwrap(await readExamples(watched(), encoder, model.config.maxPositions));
  const examples = { ...all, unseen: all.unseen.slice(0, RUN_SETTINGS.unseen) };
  return { hash: hasher.digest().hash, bytes, examples };
}
