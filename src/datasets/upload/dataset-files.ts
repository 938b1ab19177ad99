import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { BlobStore, FileBlobStore } from '../../chain/index.js';
import { AppConfig } from '../../config/index.js';

/**
 * The bytes of datasets, by their SHA-256. A store of its own: unlike payloads of blocks, files of sets that were rejected or
 * withdrawn are removed, while chain D goes on naming them by their hash.
 */
@Injectable()
export class DatasetFiles {
  readonly store: BlobStore;

  constructor(config: AppConfig) {
    this.store = new FileBlobStore(join(config.dataDir, 'blobs', 'datasets'));
  }
}
