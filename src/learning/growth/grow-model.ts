import { CodedError, err, ok, type Result } from '../../common/index.js';
import {
  encodeRouterRow,
  grownRouter,
  isEmptyRow,
  parseModelConfig,
  rowOf,
  type RouterRow,
} from '../../experts/index.js';
import { grownConfig, isOpenPlace, routerRowOf } from '../../experts/tensorblock/growth.js';
import { expertPlace } from '../../experts/tensorblock/left-out.js';
import type { ReleaseModel, WeightSource } from '../source/release-model.js';
import type { NewExpertPlan } from '../trainer/training-plan.js';

/** The row of a new expert begins as this share of that of the expert it comes from: beside it, it is less favoured where that one's product with the input is positive, and more where it is negative. */
export const SHARE_OF_ROW = 0.9;

/** A model with new experts as their training begins, or `TRAINING_BLOCKS`. Without any it is the model itself. */
export function growModel(model: ReleaseModel, additions: readonly NewExpertPlan[]): Result<ReleaseModel> {
  if (additions.length === 0) return ok(model);
  // A new expert would take no token from the one it begins as, and where weights are shares of those chosen no gradient would reach its row.
  if (model.config.expertsPerToken === 1)
    return refused(
      'this model asks one expert for each token: a new one would not be asked beside the one it begins as, and learn nothing',
    );
  const names = additions.map(({ name }) => name);
  const wrong = additions.map((addition) => problemWith(model, addition)).find((problem) => problem !== null);
  if (wrong !== undefined) return refused(wrong);
  if (new Set(names).size !== names.length) return refused('two new experts have the same name');
  if (new Set(additions.map(({ from }) => from)).size !== names.length)
    return refused('two new experts cannot begin as the same expert: they would be twins');
  const config = parseModelConfig(grownConfig(model.config, names), 'TRAINING_BLOCKS');
  if (!config.ok) return config;
  const blocks = new Map(model.blocks);
  for (let layer = 0; layer < model.config.layers; layer++) {
    const name = `layer${layer}.router`;
    const router = sourceOf(model, name);
    const here = additions.filter((addition) => expertPlace(addition.name)?.layer === layer);
    const rows = here.map((addition) => firstRow(router, addition));
    blocks.set(name, { hash: router.hash, ...grownRouter(router, config.value, rows) });
    here.forEach((addition, i) => {
      blocks.set(addition.name, sourceOf(model, addition.from));
      blocks.set(routerRowOf(addition.name), rowSource(router.hash, rows[i].values));
    });
  }
  return ok({ ...model, config: config.value, blocks });
}

function problemWith(model: ReleaseModel, { name, from }: NewExpertPlan): string | null {
  const [place, origin] = [expertPlace(name), expertPlace(from)];
  if (place === null || origin === null || !model.blocks.has(from))
    return `${from} is no expert of this model; experts are called layer0.expert0 and so on`;
  if (place.layer !== origin.layer) return `${name} can only begin as an expert of its own layer`;
  const router = model.blocks.get(`layer${place.layer}.router`);
  const isFree = router !== undefined && isEmptyRow(router, place.expert);
  return isOpenPlace(model.config, name) && isFree
    ? null
    : `${name} is no place that a new expert could take`;
}

function firstRow(router: WeightSource, { name, from }: NewExpertPlan): RouterRow {
  const [expert, origin] = [expertPlace(name)?.expert ?? 0, expertPlace(from)?.expert ?? 0];
  const values = rowOf(router, origin);
  if (values === null) throw new Error(`the router has no row for ${from}`);
  return { expert, from: origin, values: values.map((value) => value * SHARE_OF_ROW) };
}

function rowSource(hash: string, values: Float32Array): WeightSource {
  const payload = encodeRouterRow(values);
  const entry = { name: 'row', offset: 0, length: payload.length, rows: 1, columns: values.length };
  return { hash, payload, tensors: [{ ...entry, dtype: 'f32' }] };
}

function sourceOf({ blocks }: ReleaseModel, name: string): WeightSource {
  const source = blocks.get(name);
  if (source === undefined) throw new Error(`the model has no ${name}`);
  return source;
}

function refused(message: string): Result<never> {
  return err(new CodedError('TRAINING_BLOCKS', message));
}
