import { access, copyFile, link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { BlockInput } from '../../chain/index.js';
import { systemCodeOf } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';

const ID = /^submission_[0-9a-f]{32}$/;

/** Payloads of submissions that are not judged yet: a folder each, below the data folder. */
@Injectable()
export class SubmissionFiles {
  private readonly folder: string;

  constructor(config: AppConfig) {
    this.folder = join(config.dataDir, 'submissions');
  }

  /** Keeps the payloads of a submission; doing it twice is no error. The given files stay where they are. */
  async keep(id: string, inputs: readonly BlockInput[]): Promise<void> {
    await mkdir(join(this.folder, id), { recursive: true });
    for (const { header, payload } of inputs) {
      const path = this.path(id, header.payload_hash);
      if (payload instanceof Uint8Array) await writeFile(path, payload);
      else await linkOrCopy(payload.path, path);
    }
  }

  /** Where a payload lies. */
  path(id: string, payloadHash: string): string {
    return join(this.folder, id, payloadHash);
  }

  /** Where the opening of a training lies once all of it is here, and until then. */
  openingPath(id: string): { readonly whole: string; readonly part: string } {
    const whole = join(this.folder, id, 'opening');
    return { whole, part: `${whole}.part` };
  }

  /** Whether a payload is not here any more. */
  async isGone(id: string, payloadHash: string): Promise<boolean> {
    return access(this.path(id, payloadHash)).then(
      () => false,
      () => true,
    );
  }

  /** Forgets the payloads of a submission; no error when they are gone. */
  async remove(id: string): Promise<void> {
    if (ID.test(id)) await rm(join(this.folder, id), { recursive: true, force: true });
  }

  /** Submissions that have a folder. */
  async kept(): Promise<string[]> {
    try {
      return (await readdir(this.folder)).filter((name) => ID.test(name));
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'ENOENT') return [];
      throw thrown;
    }
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'EEXIST') await copyFile(from, to);
  }
}
