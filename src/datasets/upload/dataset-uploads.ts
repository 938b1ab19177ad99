import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Identity } from '../../auth/index.js';
import { PayloadHasher } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { challengeOf, type DatasetDescription, type DatasetRecord } from '../registry/dataset-record.js';
import { DatasetIntake } from './dataset-intake.js';
import { bytesOf } from './description.js';
import { FilesCheck } from './files-check.js';
import { UPLOAD_LIMITS, UploadFolder, type OpenUpload } from './upload-folder.js';
import { allowanceOf } from './uploader.js';

const READ_BYTES = 2 ** 20;

/** How far an upload is, and what has to be proved at its end. */
export interface UploadState {
  readonly upload_id: string;
  /** Largest chunk that is taken, bytes. */
  readonly chunk_bytes: number;
  readonly bytes: number;
  /** Bytes that are here; the next chunk starts there. */
  readonly received: number;
  /** SHA-256(`challenge/nonce`) has to begin with `bits` zero bits. */
  readonly work: { readonly challenge: string; readonly bits: number };
}

/** Uploads of datasets in chunks. Each belongs to the account that opened it. */
@Injectable()
export class DatasetUploads {
  private readonly folder: UploadFolder;
  /** Uploads that are being written to or closed. */
  private readonly busy = new Set<string>();

  constructor(
    private readonly config: AppConfig,
    private readonly intake: DatasetIntake,
  ) {
    this.folder = new UploadFolder(join(config.dataDir, 'dataset-uploads'));
  }

  /** Opens an upload, or finds it again. Refusals as `DatasetIntake.admit`, and `DATASET_UPLOADS` (429). */
  async begin(who: Identity, description: DatasetDescription): Promise<Result<UploadState>> {
    const admitted = await this.intake.admit(who, description);
    if (!admitted.ok) return admitted;
    const id = challengeOf(who.subject, description).slice(0, 32);
    const begun = await this.folder.begin(id, { creator: who.subject, description });
    return begun.ok ? this.state(who, id) : begun;
  }

  /** How far an upload of this account is; `DATASET_UPLOAD_UNKNOWN` (404). */
  async state(who: Identity, id: string): Promise<Result<UploadState>> {
    const upload = await this.own(who, id);
    if (!upload.ok) return upload;
    const { description } = upload.value;
    const challenge = challengeOf(who.subject, description);
    return ok({
      ...{ upload_id: id, chunk_bytes: UPLOAD_LIMITS.chunkBytes, bytes: bytesOf(description) },
      received: await this.folder.received(id),
      work: { challenge, bits: allowanceOf(who, this.config).workBits },
    });
  }

  /** Appends a chunk. `DATASET_UPLOAD_…` with the part that is wrong. */
  async append(
    who: Identity,
    id: string,
    offset: number,
    chunk: AsyncIterable<Uint8Array>,
  ): Promise<Result<UploadState>> {
    const upload = await this.own(who, id);
    if (!upload.ok) return upload;
    const appended = await this.exclusively(id, () =>
      this.folder.append(id, offset, bytesOf(upload.value.description), chunk),
    );
    return appended.ok ? this.state(who, id) : appended;
  }

  /** Ends a complete upload: from then on it is a dataset. Files that are not as described are forgotten. */
  async complete(who: Identity, id: string, nonce: number): Promise<Result<DatasetRecord>> {
    const upload = await this.own(who, id);
    if (!upload.ok) return upload;
    const { description } = upload.value;
    const [bytes, received] = [bytesOf(description), await this.folder.received(id)];
    if (received < bytes) {
      const message = `${received} of ${bytes} bytes are here.`;
      return err(new CodedError('DATASET_UPLOAD_INCOMPLETE', message, { received, bytes }, 409));
    }
    const proved = this.intake.checkWork(who, description, nonce);
    if (!proved.ok) return proved;
    return this.exclusively(id, async () => {
      const path = this.folder.path(id);
      const digest = await digestFiles(path, description);
      if (!digest.ok) {
        await this.folder.discard(id);
        return digest;
      }
      const registered = await this.intake.register(who, description, { path, ...digest.value });
      if (registered.ok || registered.error.status === 409) await this.folder.discard(id);
      return registered;
    });
  }

  /** Forgets an upload of this account. */
  async discard(who: Identity, id: string): Promise<void> {
    if ((await this.own(who, id)).ok) await this.folder.discard(id);
  }

  private async own(who: Identity, id: string): Promise<Result<OpenUpload>> {
    const about = await this.folder.about(id);
    if (!about.ok || about.value.creator === who.subject) return about;
    return err(new CodedError('DATASET_UPLOAD_UNKNOWN', 'There is no such upload.', {}, 404));
  }

  private async exclusively<T>(id: string, work: () => Promise<Result<T>>): Promise<Result<T>> {
    if (this.busy.has(id))
      return err(new CodedError('DATASET_UPLOAD_BUSY', 'Another request works on this upload.', {}, 409));
    this.busy.add(id);
    try {
      return await work();
    } finally {
      this.busy.delete(id);
    }
  }
}

async function digestFiles(
  path: string,
  { files }: DatasetDescription,
): Promise<Result<{ hash: string; root: string }>> {
  const [hasher, check] = [new PayloadHasher(() => createHash('sha256')), new FilesCheck(files)];
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) {
    hasher.update(piece as Uint8Array);
    check.update(piece as Uint8Array);
  }
  const checked = check.end();
  if (!checked.ok) return checked;
  const { hash, root } = hasher.digest();
  return ok({ hash, root });
}
