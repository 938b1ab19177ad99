import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import {
  LENGTH_FIELD_BYTES,
  MAX_HEADER_BYTES,
  parseSafetensorsHeader,
  type TensorRecord,
} from './safetensors-header.js';

/** An open, fully checked safetensors file; holds a file handle until `close`. */
export class SafetensorsFile {
  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    private readonly dataStart: number,
    /** Sorted by position. */
    readonly tensors: readonly TensorRecord[],
    /** What identifies this state of the file without reading all of it: size, modification time, inode. */
    readonly fingerprint: string,
  ) {}

  /** Opens a file and checks its header against its length. */
  static async open(path: string): Promise<Result<SafetensorsFile>> {
    const file = basename(path);
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (thrown) {
      return err(
        new CodedError('IMPORT_UNREADABLE', `${file}: cannot be opened (${messageOf(thrown)})`, { file }),
      );
    }
    const checked = await readHeader(handle, file);
    if (!checked.ok) {
      await handle.close();
      return checked;
    }
    const { dataStart, tensors, fingerprint } = checked.value;
    return ok(new SafetensorsFile(file, handle, dataStart, tensors, fingerprint));
  }

  /** Fills `into` with bytes of the data section from `position` on. */
  async read(into: Uint8Array, position: number): Promise<Result<void>> {
    let filled = 0;
    while (filled < into.length) {
      const { bytesRead } = await this.handle.read(
        into,
        filled,
        into.length - filled,
        this.dataStart + position + filled,
      );
      if (bytesRead === 0) {
        return err(
          new CodedError('SAFETENSORS_TRUNCATED', `${this.file}: became shorter while it was read`, {
            file: this.file,
          }),
        );
      }
      filled += bytesRead;
    }
    return ok();
  }

  /** Gives the file handle back. */
  async close(): Promise<void> {
    await this.handle.close();
  }
}

interface CheckedHeader {
  readonly dataStart: number;
  readonly tensors: readonly TensorRecord[];
  readonly fingerprint: string;
}

async function readHeader(handle: FileHandle, file: string): Promise<Result<CheckedHeader>> {
  const { size, mtimeNs, ino } = await handle.stat({ bigint: true });
  const fileBytes = Number(size);
  const field = Buffer.alloc(LENGTH_FIELD_BYTES);
  if (
    fileBytes < LENGTH_FIELD_BYTES ||
    (await handle.read(field, 0, field.length, 0)).bytesRead < field.length
  ) {
    return err(new CodedError('SAFETENSORS_TRUNCATED', `${file}: shorter than its length field`, { file }));
  }
  const declared = field.readBigUInt64LE();
  if (declared > BigInt(MAX_HEADER_BYTES)) {
    return err(
      new CodedError(
        'SAFETENSORS_HEADER',
        `${file}: header of ${declared} bytes, allowed are ${MAX_HEADER_BYTES}`,
        { file },
      ),
    );
  }
  const headerBytes = Number(declared);
  const dataStart = LENGTH_FIELD_BYTES + headerBytes;
  if (dataStart > fileBytes) {
    return err(
      new CodedError(
        'SAFETENSORS_TRUNCATED',
        `${file}: the header claims ${headerBytes} bytes, the file has ${fileBytes}`,
        { file },
      ),
    );
  }
  const header = Buffer.alloc(headerBytes);
  await handle.read(header, 0, headerBytes, LENGTH_FIELD_BYTES);
  const tensors = parseSafetensorsHeader(header, fileBytes - dataStart, file);
  if (!tensors.ok) return tensors;
  return ok({ dataStart, tensors: tensors.value, fingerprint: `${size}:${mtimeNs}:${ino}` });
}
