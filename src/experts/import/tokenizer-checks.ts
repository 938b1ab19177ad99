import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';

/** Whether a tokenizer block with this payload could be used; refuses as serving it would. */
export type TokenizerCheck = (payload: Json) => Result<unknown>;

/** Where inference, which this module does not know, puts how it reads tokenizers. */
@Injectable()
export class TokenizerChecks {
  private reads: TokenizerCheck = () => ok();

  /** Registers the one check of this process. */
  register(reads: TokenizerCheck): void {
    this.reads = reads;
  }

  /** Refuses with `IMPORT_TOKENIZER` what no answer could be made with. @param payload null where the model has no tokenizer */
  check(payload: Json): Result<void> {
    const read = payload === null ? ok() : this.reads(payload);
    if (read.ok) return ok();
    const { code, message } = read.error;
    return err(new CodedError('IMPORT_TOKENIZER', message, { cause: code }));
  }
}
