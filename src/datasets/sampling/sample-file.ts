import { createHash } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { Random } from '../generators/index.js';
import type { DatasetTier } from '../registry/stages.js';
import { placesOfDocuments, type DocumentPlaces } from './document-places.js';
import { drawByTier, type Sampling } from './tier-sampling.js';

/** An approved dataset with its file. */
export interface SampleSource {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly tier: DatasetTier;
  readonly licence: string;
  /** The newest block of chain D that tells of it: what a training names. */
  readonly block: string;
  /** Of its file. */
  readonly sha256: string;
  readonly documents: number;
  readonly path: string;
}

/** What is asked for. */
export interface SampleWish {
  readonly sampling: Sampling;
  readonly seed: string;
  /** Bytes at most. */
  readonly bytes: number;
}

/** What a sample was drawn from. Members are named as in JSON (docs/formats/dataset-sample.md). */
export interface SampleManifest {
  readonly version: 1;
  readonly sampling: Sampling;
  readonly seed: string;
  /** What was asked for at most. */
  readonly bytes_asked: number;
  readonly bytes: number;
  readonly documents: number;
  /** Of the sample's bytes. */
  readonly sha256: string;
  /** Sets that were drawn from, by id. */
  readonly sets: readonly SampledFrom[];
}

interface SampledFrom extends Omit<SampleSource, 'path'> {
  /** Documents of it in the sample, those that came again counted again, and their bytes with line breaks. */
  readonly drawn: number;
  readonly bytes: number;
}

/** Sets that are drawn from at most: so many a training can name. */
export const MOST_SAMPLED_SETS = 64;
/** Documents of all these sets together: where each lies takes twelve bytes of memory. */
export const MOST_SAMPLED_DOCUMENTS = 1 << 24;

const PIECE_BYTES = 1 << 20;
const LINE_BREAK = Uint8Array.of(0x0a);

/**
 * Writes documents that are drawn from datasets (`drawByTier`), line by line, until the next one would be too much, or every set was drawn
 * whole. The same wish and sets give the same bytes. Where there are more than `MOST_SAMPLED_SETS`, the seed chooses. Refuses with
 * `SAMPLE_EMPTY`, `SAMPLE_TOO_LARGE` and `DATASET_DAMAGED`, and leaves no file then.
 */
export async function writeSample(
  sources: readonly SampleSource[],
  wish: SampleWish,
  out: string,
): Promise<Result<SampleManifest>> {
  const { sampling, seed } = wish;
  const chosen = chooseSets(sources, sampling, seed);
  const documents = chosen.reduce((sum, source) => sum + source.documents, 0);
  if (documents === 0)
    return err(new CodedError('SAMPLE_EMPTY', `no dataset is approved that ${sampling} may be drawn from`));
  if (documents > MOST_SAMPLED_DOCUMENTS) {
    const message = `these sets have ${documents} documents, ${MOST_SAMPLED_DOCUMENTS} can be drawn from`;
    return err(new CodedError('SAMPLE_TOO_LARGE', message, { documents }));
  }
  const sets = new Map<string, OpenSet>();
  try {
    for (const source of chosen) {
      const places = await placesOfDocuments(source.path, source);
      if (!places.ok) return places;
      sets.set(source.id, new OpenSet(source, places.value, await open(source.path, 'r')));
    }
    return await drawInto(sets, wish, out);
  } finally {
    for (const set of sets.values()) await set.file.close();
  }
}

function chooseSets(sources: readonly SampleSource[], sampling: Sampling, seed: string): SampleSource[] {
  const usable = sources
    .filter(({ tier, documents }) => documents > 0 && (sampling !== 'gold' || tier === 'gold'))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  if (usable.length <= MOST_SAMPLED_SETS) return usable;
  return new Random(`${seed}/sets`).sample(usable, MOST_SAMPLED_SETS).sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function drawInto(
  sets: ReadonlyMap<string, OpenSet>,
  wish: SampleWish,
  out: string,
): Promise<Result<SampleManifest>> {
  const sampled = [...sets.values()].map(({ source: { id, tier, documents } }) => ({ id, tier, documents }));
  const part = `${out}.part`;
  const writer = new SampleWriter(await open(part, 'w'));
  let whole = 0;
  try {
    for (const { set: id, document } of drawByTier(wish.seed, wish.sampling, sampled)) {
      const set = sets.get(id)!;
      if (writer.bytes + set.lengthOf(document) > wish.bytes) break;
      await writer.add(await set.take(document));
      if (set.drawn === set.source.documents && ++whole === sets.size) break;
    }
    await writer.flush();
  } finally {
    await writer.file.close();
  }
  if (writer.documents === 0) {
    await rm(part, { force: true });
    const message = `the first document that was drawn has more than ${wish.bytes} bytes`;
    return err(new CodedError('SAMPLE_EMPTY', message, { bytes: wish.bytes }));
  }
  await rename(part, out);
  const { sampling, seed, bytes: asked } = wish;
  return ok({
    ...{ version: 1, sampling, seed, bytes_asked: asked },
    ...{ bytes: writer.bytes, documents: writer.documents, sha256: writer.hash.digest('hex') },
    sets: [...sets.values()].filter(({ drawn }) => drawn > 0).map((set) => set.manifest()),
  });
}

/** A dataset that documents are taken from. */
class OpenSet {
  drawn = 0;
  private bytes = 0;

  constructor(
    readonly source: SampleSource,
    private readonly places: DocumentPlaces,
    readonly file: FileHandle,
  ) {}

  /** Bytes of a document with its line break. */
  lengthOf(document: number): number {
    return this.places.lengths[document] + LINE_BREAK.length;
  }

  async take(document: number): Promise<Uint8Array> {
    const length = this.places.lengths[document];
    const { buffer, bytesRead } = await this.file.read(
      new Uint8Array(length),
      0,
      length,
      this.places.starts[document],
    );
    if (bytesRead !== length) throw new Error(`${this.source.path} has become shorter`);
    this.drawn++;
    this.bytes += this.lengthOf(document);
    return buffer;
  }

  manifest(): SampledFrom {
    const { path: _path, ...facts } = this.source;
    return { ...facts, drawn: this.drawn, bytes: this.bytes };
  }
}

/** Writes lines in large pieces. */
class SampleWriter {
  bytes = 0;
  documents = 0;
  readonly hash = createHash('sha256');
  private held: Uint8Array[] = [];
  private heldBytes = 0;

  constructor(readonly file: FileHandle) {}

  async add(line: Uint8Array): Promise<void> {
    this.held.push(line, LINE_BREAK);
    this.heldBytes += line.length + LINE_BREAK.length;
    this.bytes += line.length + LINE_BREAK.length;
    this.documents++;
    if (this.heldBytes >= PIECE_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const piece = Buffer.concat(this.held);
    this.hash.update(piece);
    await this.file.writeFile(piece);
    [this.held, this.heldBytes] = [[], 0];
  }
}
