import { CodedError, err, ok, type Result } from '../../../common/index.js';

/** Members of config.json that change nothing about inference, in any family. */
const WITHOUT_EFFECT = [
  '_name_or_path',
  '_attn_implementation_autoset',
  'architectures',
  'attention_dropout',
  'bos_token_id',
  'dtype',
  'eos_token_id',
  'initializer_range',
  'model_type',
  'output_attentions',
  'output_hidden_states',
  'output_router_logits',
  'pad_token_id',
  'return_dict',
  'router_aux_loss_coef',
  'router_jitter_noise',
  'torch_dtype',
  'transformers_version',
  'unsloth_version',
  'use_cache',
];

/**
 * Reads a `config.json`, or another file of its kind, member by member and remembers which were looked at: what is left over in the end would have been
 * ignored, so it is refused by name. The first refusal wins; values read after it do not matter.
 */
export class ConfigReader {
  private refusal: CodedError | null = null;
  private readonly known = new Set(WITHOUT_EFFECT);

  /** @param file named in refusals */
  constructor(
    private readonly config: Readonly<Record<string, unknown>>,
    private readonly file = 'config.json',
  ) {}

  /** A member's value, or the family's default where it is null or absent. */
  value(member: string, fallback?: unknown): unknown {
    this.known.add(member);
    return this.config[member] ?? fallback;
  }

  /** A member that must have this value, be null or be absent. */
  fixed(member: string, supported: unknown): void {
    const value = this.value(member, supported);
    if (value !== supported) this.refuse(member, `supported is ${JSON.stringify(supported)}`);
  }

  /** A member that must be true or false. */
  flag(member: string, fallback: boolean): boolean {
    const value = this.value(member, fallback);
    if (typeof value !== 'boolean') this.refuse(member, 'supported are true and false');
    return value === true;
  }

  /** A member that must be a number from `least` to `most`, or absent. */
  number(member: string, [least, most]: readonly [number, number], whole = false): void {
    const value = this.value(member, least);
    const right = typeof value === 'number' && value >= least && value <= most;
    if (right && (!whole || Number.isInteger(value))) return;
    this.refuse(member, `supported are ${whole ? 'whole ' : ''}numbers from ${least} to ${most}`);
  }

  /** A list that must be empty, be null or be absent. */
  none(member: string): void {
    const value = this.value(member, []);
    if (!Array.isArray(value) || value.length > 0) this.refuse(member, 'supported is an empty list');
  }

  /** Members that change nothing in this family. */
  withoutEffect(...members: string[]): void {
    for (const member of members) this.known.add(member);
  }

  /** Refuses a member's value. */
  refuse(member: string, allowed: string): void {
    const value = this.config[member];
    const shown = (JSON.stringify(value) ?? 'absent').slice(0, 100);
    const message = `${this.file}: ${member} = ${shown} is not supported; ${allowed}`;
    this.refusal ??= new CodedError('IMPORT_CONFIG', message, { member });
  }

  /** What was read, unless a member was refused or was looked at by nobody (`IMPORT_CONFIG` with `member`). */
  finish<T>(read: T): Result<T> {
    for (const [member, value] of Object.entries(this.config)) {
      if (value === null || value === undefined || this.known.has(member)) continue;
      this.refuse(member, 'supported is null or absence');
    }
    return this.refusal === null ? ok(read) : err(this.refusal);
  }
}
