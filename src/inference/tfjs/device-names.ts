import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** Where NVIDIA's driver for Linux says what there is. */
const NVIDIA_GPUS = '/proc/driver/nvidia/gpus';

/** The processor's model. */
export function processorName(): string {
  return cpus().at(0)?.model.trim() ?? 'unknown processor';
}

/** Models of NVIDIA's GPUs, each once; only that there is one where the driver does not say. */
export function nvidiaNames(folder = NVIDIA_GPUS): string {
  try {
    const models = readdirSync(folder).map((gpu) =>
      modelOf(readFileSync(join(folder, gpu, 'information'), 'utf8')),
    );
    return [...new Set(models)].join(', ') || 'NVIDIA GPU';
  } catch {
    return 'NVIDIA GPU';
  }
}

function modelOf(information: string): string {
  return /^Model:\s*(.+)$/m.exec(information)?.[1].trim() ?? 'NVIDIA GPU';
}
