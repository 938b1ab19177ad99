import { CodedError, err, ok, type Result } from '../../common/index.js';
import { parseModelConfig, type ModelConfig } from '../model-config.js';
import { ConfigReader, FAMILIES, type Family } from '../tensorblock/families/index.js';

/** A `config.json` that was read: the architecture, and how its family's checkpoints are laid out. */
export interface CheckpointConfig {
  readonly family: Family;
  readonly config: ModelConfig;
  /** Whether the experts' matrices are stored as MXFP4. */
  readonly mxfp4: boolean;
}

/**
 * Translates a Hugging Face `config.json`. Refuses architectures of no known family (`IMPORT_ARCHITECTURE`) and, by name,
 * every member that would change the arithmetic and is not supported (`IMPORT_CONFIG`): nothing is ignored that is not
 * known to be without effect.
 */
export function parseCheckpointConfig(raw: Record<string, unknown>): Result<CheckpointConfig> {
  const family = familyOf(raw);
  if (!family.ok) return family;
  const reader = new ConfigReader(raw);
  const read = family.value.read(reader);
  const reading = reader.finish(read);
  if (!reading.ok) return reading;
  const config = parseModelConfig({ family: family.value.name, ...reading.value.config }, 'IMPORT_CONFIG');
  if (!config.ok) return config;
  return ok({ family: family.value, config: config.value, mxfp4: reading.value.mxfp4 ?? false });
}

function familyOf(raw: Record<string, unknown>): Result<Family> {
  const [first] = Array.isArray(raw.architectures) ? (raw.architectures as unknown[]) : [];
  const found = FAMILIES.find(({ name, architecture }) =>
    typeof first === 'string' ? architecture === first : name === raw.model_type,
  );
  if (found !== undefined) return ok(found);
  const architecture = String(first ?? raw.model_type ?? 'unknown').slice(0, 100);
  const supported = FAMILIES.map((family) => family.architecture);
  const message = `architecture ${architecture} is not supported; supported are ${supported.join(', ')}`;
  return err(new CodedError('IMPORT_ARCHITECTURE', message, { architecture, supported }));
}
