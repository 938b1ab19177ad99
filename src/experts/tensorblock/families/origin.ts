import type { Family, FusedPattern, TensorPattern } from './family.js';

/** Where a checkpoint keeps one tensor of one block. */
export interface TensorOrigin {
  /** The checkpoint's tensor; for MXFP4 without `_blocks` and `_scales`. */
  readonly name: string;
  /** Set where the tensor is a part of one that holds all experts. */
  readonly part?: ExpertPart;
}

/** One expert's share of a fused tensor. */
export interface ExpertPart extends Pick<FusedPattern, 'stride' | 'offset'> {
  readonly form: FusedPattern['form'] | 'mxfp4';
  readonly expert: number;
  /** Experts in the tensor. */
  readonly experts: number;
}

/** A tensor as the blocks name it. */
export interface TensorPlace {
  readonly block: string;
  readonly tensor: string;
}

/** What an origin depends on besides the place. */
export interface CheckpointForm {
  readonly experts: number;
  readonly tieWordEmbeddings: boolean;
  readonly mxfp4: boolean;
}

const LAYER_BLOCK = /^layer(\d+)\.(attention|router|expert)(\d*)$/;

/** Where the family keeps a tensor. Throws for one that the family's blocks do not have. */
export function originOf(family: Family, form: CheckpointForm, { block, tensor }: TensorPlace): TensorOrigin {
  const [, layer, kind, expert] = LAYER_BLOCK.exec(block) ?? [null, '', block, ''];
  const tied = form.tieWordEmbeddings && block === 'head' && tensor === 'weight';
  const pattern: TensorPattern | undefined = family.tensors[tied ? 'embedding.weight' : `${kind}.${tensor}`];
  if (pattern === undefined) throw new Error(`${family.name} does not say where ${block} has its ${tensor}`);
  const name = (typeof pattern === 'string' ? pattern : pattern.name)
    .replace('{layer}', layer)
    .replace('{expert}', expert);
  if (typeof pattern === 'string') return { name };
  const { stride, offset } = pattern;
  const stored = form.mxfp4 && pattern.form === 'matrix' ? 'mxfp4' : pattern.form;
  return { name, part: { form: stored, stride, offset, expert: Number(expert), experts: form.experts } };
}

/** The names of the checkpoint's tensors that an origin reads. */
export function originNames({ name, part }: TensorOrigin): string[] {
  return part?.form === 'mxfp4' ? [`${name}_blocks`, `${name}_scales`] : [name];
}
