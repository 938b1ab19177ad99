import type { FastifyRequest } from 'fastify';
import { Injectable } from '@nestjs/common';
import type { Identity } from '../../auth/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import type { DatasetDescription, DatasetRecord } from '../registry/dataset-record.js';
import { DatasetFiles } from './dataset-files.js';
import { DatasetIntake } from './dataset-intake.js';
import { bytesOf, parseDescription } from './description.js';
import { FilesCheck } from './files-check.js';

type Parts = Pick<FastifyRequest, 'parts'>;

/** What comes before the files. */
interface Announced {
  readonly description: DatasetDescription;
  readonly nonce: number;
}

/** Takes a dataset in one multipart request: `description` (JSON), `nonce`, and the files in the order of the description. */
@Injectable()
export class MultipartDataset {
  constructor(
    private readonly config: AppConfig,
    private readonly files: DatasetFiles,
    private readonly intake: DatasetIntake,
  ) {}

  /** Refusals: `DATASET_PARTS` (400), and those of `parseDescription`, `DatasetIntake` and `FilesCheck`. */
  async take(who: Identity, request: Parts): Promise<Result<DatasetRecord>> {
    const announced: { value: Announced | null } = { value: null };
    const reader = new PartsReader(request, this.config.datasetMaxMb * 2 ** 20, async (value) => {
      announced.value = value;
      const admitted = await this.intake.admit(who, value.description);
      return admitted.ok ? this.intake.checkWork(who, value.description, value.nonce) : admitted;
    });
    const staged = await this.files.store.stage(reader.bytes());
    if (!staged.ok) return staged;
    try {
      const whole = reader.end();
      if (!whole.ok) return whole;
      return await this.intake.register(who, announced.value!.description, staged.value);
    } finally {
      await this.files.store.discard(staged.value);
    }
  }
}

/** Reads the parts one after another; after a refusal the rest is read and dropped. */
class PartsReader {
  private readonly fields = new Map<string, string>();
  private check: FilesCheck | null = null;
  private left = 0;
  private refusal: CodedError | null = null;

  constructor(
    private readonly request: Parts,
    private readonly maxBytes: number,
    private readonly admit: (announced: Announced) => Promise<Result<void>>,
  ) {}

  /** The bytes of the files. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    for await (const part of this.request.parts()) {
      if (part.type === 'field') {
        this.fields.set(part.fieldname, String(part.value));
        continue;
      }
      if (part.fieldname !== 'file') this.refuse(parts(`${part.fieldname} is not expected`));
      if (this.check === null && this.refusal === null) await this.open();
      for await (const piece of part.file as AsyncIterable<Uint8Array>) {
        if (this.refusal !== null) continue;
        this.check?.update(piece);
        this.left -= piece.length;
        // One byte too many is enough to know; more must not fill the disk.
        if (this.left >= 0) yield piece;
      }
    }
  }

  /** What came of it. */
  end(): Result<void> {
    if (this.refusal !== null) return err(this.refusal);
    return this.check === null ? err(parts('there is no file')) : this.check.end();
  }

  private async open(): Promise<void> {
    const announced = this.announced();
    const admitted = announced.ok ? await this.admit(announced.value) : announced;
    if (!announced.ok || !admitted.ok) {
      this.refuse(admitted.ok ? parts('unreadable') : admitted.error);
      return;
    }
    const { description } = announced.value;
    this.check = new FilesCheck(description.files);
    this.left = bytesOf(description);
  }

  private announced(): Result<Announced> {
    const nonce = Number(this.fields.get('nonce') ?? '0');
    if (!Number.isSafeInteger(nonce) || nonce < 0) return err(parts('nonce is not a whole number'));
    let value: unknown;
    try {
      value = JSON.parse(this.fields.get('description') ?? '');
    } catch {
      return err(parts('description is not JSON'));
    }
    const description = parseDescription(value, this.maxBytes);
    return description.ok ? ok({ description: description.value, nonce }) : description;
  }

  private refuse(refusal: CodedError): void {
    this.refusal ??= refusal;
  }
}

function parts(why: string): CodedError {
  const message = `A dataset comes as "description", "nonce" and its files, each named "file": ${why}.`;
  return new CodedError('DATASET_PARTS', message, {}, 400);
}
