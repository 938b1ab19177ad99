import type { ExpertTask } from '../executor.js';
import type { LoadedModel } from '../model.js';
import { addToSet, encodeTrace, recordBytes, setOffset, type TraceHeader } from './routing-trace.js';

/** Models whose traces are kept; the one recorded longest ago goes first. */
const MOST_MODELS = 4;

/** Keeps which experts the latest passes used, in a ring of bounded size per model. */
export class RoutingRecorder {
  private readonly rings = new Map<string, Ring>();

  /** @param bytes of one ring  @param predictions whether what was foretold is kept too */
  constructor(
    private readonly bytes: number,
    private readonly predictions: boolean,
  ) {}

  /** Notes the experts of one layer of a pass. */
  record(task: ExpertTask): void {
    const ring = this.ring(task.model);
    if (task.layer === 0) ring.begin(rowsOf(task));
    ring.note(task.layer, 'used', task.experts);
  }

  /** Notes what was foretold for a layer of the running pass. */
  foretold(model: LoadedModel, layer: number, experts: Iterable<number>): void {
    if (this.predictions) this.ring(model).note(layer, 'predicted', experts);
  }

  /** The trace of a release, oldest pass first, as a file has it; null when nothing was recorded. */
  read(release: string): Uint8Array | null {
    return this.rings.get(release)?.read() ?? null;
  }

  private ring(model: LoadedModel): Ring {
    const known = this.rings.get(model.release);
    if (known) return known;
    const ring = new Ring(headerOf(model, this.predictions), this.bytes);
    for (const oldest of this.rings.keys()) if (this.rings.size >= MOST_MODELS) this.rings.delete(oldest);
    this.rings.set(model.release, ring);
    return ring;
  }
}

/** The latest passes of one model. */
class Ring {
  private readonly size: number;
  private readonly capacity: number;
  private readonly records: Uint8Array;
  private steps = 0;

  constructor(
    private readonly header: TraceHeader,
    bytes: number,
  ) {
    this.size = recordBytes(header);
    this.capacity = Math.max(1, Math.floor(bytes / this.size));
    this.records = new Uint8Array(this.capacity * this.size);
  }

  begin(rows: number): void {
    const start = (this.steps++ % this.capacity) * this.size;
    this.records.fill(0, start, start + this.size);
    this.records[start] = rows & 255;
    this.records[start + 1] = rows >> 8;
  }

  note(layer: number, kind: 'used' | 'predicted', experts: Iterable<number>): void {
    if (this.steps === 0) return;
    const start = ((this.steps - 1) % this.capacity) * this.size + setOffset(this.header, layer, kind);
    for (const expert of experts) addToSet(this.records, start, expert);
  }

  read(): Uint8Array | null {
    if (this.steps === 0) return null;
    const kept = Math.min(this.steps, this.capacity);
    const skipped = this.steps - kept;
    const split = skipped === 0 ? 0 : (this.steps % this.capacity) * this.size;
    const records = new Uint8Array(kept * this.size);
    records.set(this.records.subarray(split, kept * this.size));
    records.set(this.records.subarray(0, split), kept * this.size - split);
    return encodeTrace({ header: { ...this.header, skipped }, steps: kept, records });
  }
}

function headerOf({ release, config, experts }: LoadedModel, predictions: boolean): TraceHeader {
  const expertBytes = Math.max(...experts.map((reference) => reference?.block.payloadSize ?? 0));
  const { layers, experts: perLayer, expertsPerToken } = config;
  return { release, layers, experts: perLayer, expertsPerToken, expertBytes, predictions, skipped: 0 };
}

function rowsOf({ counts, model }: ExpertTask): number {
  return counts.reduce((sum, count) => sum + count, 0) / model.config.expertsPerToken;
}
