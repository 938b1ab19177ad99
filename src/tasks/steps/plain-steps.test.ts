import { CodedError, err } from '../../common/index.js';
import type { Importer } from '../../experts/index.js';
import { importModel } from './plain-steps.js';
import type { StepContext } from './step-handler.js';

describe('the step import_model', () => {
  const refusedWith = async (error: CodedError): Promise<number | null> => {
    const importer = { import: () => Promise.resolve(err(error)) } as Partial<Importer> as Importer;
    const context = { signal: new AbortController().signal } as Partial<StepContext> as StepContext;
    const outcome = await importModel(importer).run({ folder: '/models/one' }, context);
    return outcome.ok ? null : outcome.error.status;
  };

  it('is tried again while another import runs, and not when the checkpoint is no good', async () => {
    expect(await refusedWith(new CodedError('IMPORT_BUSY', 'another runs', {}, 409))).toBe(503);
    expect(await refusedWith(new CodedError('IMPORT_CHECKPOINT', 'no good', {}, 422))).toBe(422);
  });
});
