import { exp4, maxLanes, splat, sumLanes } from './math';
import { listAddresses, matmul, shareStart } from './matmul';
import { addTo, dotFloat, dotFloat4, rmsNorm } from './norm';
import { quantize, quantizeRecord, recordAt } from './quantize';
import { rotate } from './rope';
import { Layer, layerAt, Model, NORM_HEAD, NORM_WIDTH, recordBytes, Row, rowAt, Run } from './state';

/** Positions of a KV page. A page is f32 [layers][K, V][G][32][headDim]. */
const PAGE_POSITIONS = 32;

/** Where a page holds keys (`part` 0) or values (`part` 1) of one layer and KV head: f32 [32][headDim]. */
// @ts-ignore: decorator
@inline
function pagePart(model: Model, pages: usize, page: i32, layer: i32, part: i32, kvHead: i32): usize {
  const base = load<usize>(pages + (<usize>page << 2));
  const index = <usize>((layer * 2 + part) * model.kvHeads + kvHead);
  return base + index * <usize>(PAGE_POSITIONS * model.headDim) * 4;
}

/** Normalises and quantises this piece's rows. */
export function normalizeRows(model: Model, run: Run, layerIndex: i32, piece: i32, pieces: i32): void {
  const size = model.hiddenSize;
  const weight = layerAt(model, layerIndex).inputNorm;
  const end = shareStart(run.rows, piece + 1, pieces);
  for (let r = shareStart(run.rows, piece, pieces); r < end; r++) {
    const record = recordAt(run.norm, r, size);
    rmsNorm(run.residual + <usize>r * <usize>size * 4, weight, size, model.rmsEpsilon, record);
    quantizeRecord(record, size);
  }
}

/** The key of one KV head of a row, in the batch's buffer: f32 [headDim]; its value lies `kvHeads` heads further. */
// @ts-ignore: decorator
@inline
function keyAt(model: Model, run: Run, r: i32, kvHead: i32): usize {
  return run.keyValue + (<usize>((2 * r * model.kvHeads + kvHead) * model.headDim) << 2);
}

/** Where the key (`part` 0) or value (`part` 1) of a row's position belongs in its KV page. */
// @ts-ignore: decorator
@inline
function slotOf(model: Model, row: Row, layerIndex: i32, part: i32, kvHead: i32): usize {
  const page = pagePart(model, row.pages, row.position / PAGE_POSITIONS, layerIndex, part, kvHead);
  return page + (<usize>((row.position % PAGE_POSITIONS) * model.headDim) << 2);
}

/** Turns the keys of KV heads `first` to `end` of one row into its KV page. */
function storeKeys(model: Model, run: Run, layerIndex: i32, r: i32, first: i32, end: i32): void {
  const row = rowAt(run, r);
  const rope = run.rope + (<usize>(r * model.headDim) << 2);
  for (let g = first; g < end; g++) {
    rotate(keyAt(model, run, r, g), rope, model.headDim, slotOf(model, row, layerIndex, 0, g));
  }
}

/** RMSNorm over all heads of a token's queries, where they are wanted, and keys, for this piece's rows; then the keys can be stored. */
export function normalizeWidths(model: Model, run: Run, layerIndex: i32, piece: i32, pieces: i32): void {
  const layer = layerAt(model, layerIndex);
  const width = model.attentionWidth;
  const end = shareStart(run.rows, piece + 1, pieces);
  for (let r = shareStart(run.rows, piece, pieces); r < end; r++) {
    const query = run.query + (<usize>r * <usize>width << 2);
    const key = keyAt(model, run, r, 0);
    if (r < run.ends) rmsNorm(query, layer.queryNorm, width, model.rmsEpsilon, query);
    rmsNorm(key, layer.keyNorm, model.kvHeads * model.headDim, model.rmsEpsilon, key);
    storeKeys(model, run, layerIndex, r, 0, model.kvHeads);
  }
}

/** Key and value of this piece's heads, and the queries of the first rows; keys are turned and both go into the KV pages. */
export function project(model: Model, run: Run, layerIndex: i32, lists: usize, piece: i32, pieces: i32): void {
  const layer = layerAt(model, layerIndex);
  const heads = model.heads;
  const kvHeads = model.kvHeads;
  const first = shareStart(heads + 2 * kvHeads, piece, pieces);
  const end = shareStart(heads + 2 * kvHeads, piece + 1, pieces);
  listAddresses(lists, run.norm, recordBytes(model.hiddenSize), run.rows);
  projectHeads(model, run, layer.queryData, layer.queryKind, layer.queryBias, lists, run.ends, run.query, model.attentionWidth, first, min(end, heads));
  const keyFirst = max(first - heads, 0);
  const keyEnd = min(end - heads, kvHeads);
  const width = 2 * kvHeads * model.headDim;
  projectHeads(model, run, layer.keyData, layer.keyKind, layer.keyBias, lists, run.rows, keyAt(model, run, 0, 0), width, keyFirst, keyEnd);
  const valueFirst = max(first - heads - kvHeads, 0);
  const valueEnd = end - heads - kvHeads;
  projectHeads(model, run, layer.valueData, layer.valueKind, layer.valueBias, lists, run.rows, keyAt(model, run, 0, kvHeads), width, valueFirst, valueEnd);
  for (let r = 0; r < run.rows; r++) {
    if (model.queryKeyNorm == NORM_HEAD) normalizeKeys(model, run, layer, r, keyFirst, keyEnd);
    if (model.queryKeyNorm != NORM_WIDTH) storeKeys(model, run, layerIndex, r, keyFirst, keyEnd);
    const row = rowAt(run, r);
    for (let g = valueFirst; g < valueEnd; g++) {
      memory.copy(slotOf(model, row, layerIndex, 1, g), keyAt(model, run, r, kvHeads + g), <usize>model.headDim << 2);
    }
  }
}

/**
 * Heads `first` to `end` (none where first >= end) of one projection of the first `rows` rows, with its bias.
 * @param output f32 [rows][width]: head 0 of row 0
 */
function projectHeads(
  model: Model, run: Run, data: usize, kind: i32, bias: usize, lists: usize, rows: i32, output: usize, width: i32, first: i32, end: i32,
): void {
  if (first >= end || rows == 0) return;
  const tiles = model.headDim >> 4;
  const outputs = lists + (<usize>run.rows << 2);
  listAddresses(outputs, output, <usize>width << 2, rows);
  matmul(data, kind, first * tiles, end * tiles, model.hiddenSize, rows, lists, outputs, lists + run.widened);
  if (!bias) return;
  const headBytes = <usize>model.headDim << 2;
  for (let r = 0; r < rows; r++) {
    addTo(output + (<usize>(r * width) << 2), bias, <usize>first * headBytes, <usize>end * headBytes);
  }
}

/** RMSNorm of every key by itself. */
function normalizeKeys(model: Model, run: Run, layer: Layer, r: i32, first: i32, end: i32): void {
  for (let g = first; g < end; g++) {
    const key = keyAt(model, run, r, g);
    rmsNorm(key, layer.keyNorm, model.headDim, model.rmsEpsilon, key);
  }
}

/**
 * scores[j - first] = q . k_j * scale for the positions from `first` up to the row's own; returns the greatest. Four
 * positions at a time.
 */
function score(model: Model, row: Row, layer: i32, kvHead: i32, first: i32, query: usize, scores: usize): f32 {
  const headDim = model.headDim;
  const headBytes = <usize>headDim << 2;
  const scale: f32 = <f32>1 / sqrt<f32>(<f32>headDim);
  let greatest4 = splat(-Infinity);
  let greatest: f32 = -Infinity;
  const count = row.position + 1;
  scores -= <usize>first << 2;
  for (let start = first & ~(PAGE_POSITIONS - 1); start < count; start += PAGE_POSITIONS) {
    let j = max(first - start, 0);
    let key = pagePart(model, row.pages, start / PAGE_POSITIONS, layer, 0, kvHead) + <usize>j * headBytes;
    const end = min(PAGE_POSITIONS, count - start);
    for (; j + 4 <= end; j += 4) {
      const dots = dotFloat4(query, key, headBytes);
      const s = f32x4.mul(dots, splat(scale));
      v128.store(scores + (<usize>(start + j) << 2), s);
      greatest4 = f32x4.pmax(greatest4, s);
      key += headBytes << 2;
    }
    for (; j < end; j++) {
      const s = dotFloat(query, key, headDim) * scale;
      store<f32>(scores + (<usize>(start + j) << 2), s);
      greatest = max(greatest, s);
      key += headBytes;
    }
  }
  return max(greatest, maxLanes(greatest4));
}

/**
 * scores[j] = e^(scores[j] - greatest); returns 1 / their sum, to which `sink` (absent: -Infinity) adds as one more score
 * that nothing is mixed by. The lanes that fill up the last vector add e^-87 each, which
 * does not change a float32 sum of at least 1. One vector at a time, as they were stored: a load of two joined ones would wait for both.
 */
function softmax(scores: usize, count: i32, greatest: f32, sink: f32): f32 {
  const padded = (count + 3) & ~3;
  for (let j = count; j < padded; j++) store<f32>(scores + (<usize>j << 2), -Infinity);
  let sum = f32x4.splat(0);
  const end = scores + (<usize>padded << 2);
  for (let address = scores; address < end; address += 16) {
    const e = exp4(f32x4.sub(v128.load(address), splat(greatest)));
    v128.store(address, e);
    sum = f32x4.add(sum, e);
  }
  let total = sumLanes(sum);
  if (sink > -Infinity) total += f32x4.extract_lane(exp4(splat(sink - greatest)), 0);
  return <f32>1 / total;
}

/**
 * output = sum over positions from `first` of scores[j - first] v_j, times `factor`; positions in order, 32 columns at a time, as eight
 * sums are enough to hide how long an addition takes; 16 at the end of heads that are no multiple of 32 wide.
 */
function mix(
  model: Model, row: Row, layer: i32, kvHead: i32, first: i32, scores: usize, factor: f32, output: usize,
): void {
  const headBytes = <usize>model.headDim << 2;
  scores -= <usize>first << 2;
  let column: usize = 0;
  for (; column + 128 <= headBytes; column += 128) {
    mix32(model, row, layer, kvHead, first, scores, column, factor, output + column);
  }
  if (column < headBytes) mix16(model, row, layer, kvHead, first, scores, column, factor, output + column);
}

/** 32 columns of `mix`, from byte `column` of a head. @param scores where the score of position 0 would be */
function mix32(
  model: Model, row: Row, layer: i32, kvHead: i32, first: i32, scores: usize, column: usize, factor: f32, output: usize,
): void {
  const headBytes = <usize>model.headDim << 2;
  const count = row.position + 1;
  const f = splat(factor);
  let a = f32x4.splat(0), b = a, c = a, d = a, e = a, g = a, h = a, i = a;
  for (let start = first & ~(PAGE_POSITIONS - 1); start < count; start += PAGE_POSITIONS) {
    const skipped = <usize>max(first - start, 0);
    let v = pagePart(model, row.pages, start / PAGE_POSITIONS, layer, 1, kvHead) + column + skipped * headBytes;
    let s = scores + (<usize>start << 2);
    const end = s + (<usize>min(PAGE_POSITIONS, count - start) << 2);
    for (s += skipped << 2; s < end; s += 4) {
      const p = v128.load32_splat(s);
      a = f32x4.add(a, f32x4.mul(p, v128.load(v)));
      b = f32x4.add(b, f32x4.mul(p, v128.load(v, 16)));
      c = f32x4.add(c, f32x4.mul(p, v128.load(v, 32)));
      d = f32x4.add(d, f32x4.mul(p, v128.load(v, 48)));
      e = f32x4.add(e, f32x4.mul(p, v128.load(v, 64)));
      g = f32x4.add(g, f32x4.mul(p, v128.load(v, 80)));
      h = f32x4.add(h, f32x4.mul(p, v128.load(v, 96)));
      i = f32x4.add(i, f32x4.mul(p, v128.load(v, 112)));
      v += headBytes;
    }
  }
  v128.store(output, f32x4.mul(a, f));
  v128.store(output, f32x4.mul(b, f), 16);
  v128.store(output, f32x4.mul(c, f), 32);
  v128.store(output, f32x4.mul(d, f), 48);
  v128.store(output, f32x4.mul(e, f), 64);
  v128.store(output, f32x4.mul(g, f), 80);
  v128.store(output, f32x4.mul(h, f), 96);
  v128.store(output, f32x4.mul(i, f), 112);
}

/** 16 columns of `mix`, as `mix32`. */
function mix16(
  model: Model, row: Row, layer: i32, kvHead: i32, first: i32, scores: usize, column: usize, factor: f32, output: usize,
): void {
  const headBytes = <usize>model.headDim << 2;
  const count = row.position + 1;
  const f = splat(factor);
  let a = f32x4.splat(0), b = a, c = a, d = a;
  for (let start = first & ~(PAGE_POSITIONS - 1); start < count; start += PAGE_POSITIONS) {
    const skipped = <usize>max(first - start, 0);
    let v = pagePart(model, row.pages, start / PAGE_POSITIONS, layer, 1, kvHead) + column + skipped * headBytes;
    let s = scores + (<usize>start << 2);
    const end = s + (<usize>min(PAGE_POSITIONS, count - start) << 2);
    for (s += skipped << 2; s < end; s += 4) {
      const p = v128.load32_splat(s);
      a = f32x4.add(a, f32x4.mul(p, v128.load(v)));
      b = f32x4.add(b, f32x4.mul(p, v128.load(v, 16)));
      c = f32x4.add(c, f32x4.mul(p, v128.load(v, 32)));
      d = f32x4.add(d, f32x4.mul(p, v128.load(v, 48)));
      v += headBytes;
    }
  }
  v128.store(output, f32x4.mul(a, f));
  v128.store(output, f32x4.mul(b, f), 16);
  v128.store(output, f32x4.mul(c, f), 32);
  v128.store(output, f32x4.mul(d, f), 48);
}

/** Grouped-query attention of this piece's heads. A unit is as many heads as fill blocks of 32 columns, then quantised. */
export function mixHeads(model: Model, run: Run, layerIndex: i32, scores: usize, piece: i32, pieces: i32): void {
  const layer = layerAt(model, layerIndex);
  const headDim = model.headDim;
  const width = model.attentionWidth;
  const group = model.heads / model.kvHeads;
  const headsPerUnit = headDim & 31 ? 2 : 1;
  const queryNorm: usize = model.queryKeyNorm == NORM_HEAD ? layer.queryNorm : 0;
  const unitsPerRow = (model.heads + headsPerUnit - 1) / headsPerUnit;
  const end = shareStart(run.ends * unitsPerRow, piece + 1, pieces);
  for (let unit = shareStart(run.ends * unitsPerRow, piece, pieces); unit < end; unit++) {
    const r = unit / unitsPerRow;
    const row = rowAt(run, r);
    const record = recordAt(run.attention, r, width);
    const first = (unit % unitsPerRow) * headsPerUnit;
    for (let head = first; head < min(first + headsPerUnit, model.heads); head++) {
      const query = run.query + (<usize>r * <usize>width + <usize>(head * headDim)) * 4;
      if (queryNorm) rmsNorm(query, queryNorm, headDim, model.rmsEpsilon, query);
      rotate(query, run.rope + <usize>r * <usize>headDim * 4, headDim, query);
      const seen = layer.window ? max(row.position + 1 - layer.window, 0) : 0;
      const sink: f32 = layer.sinks ? load<f32>(layer.sinks + (<usize>head << 2)) : -Infinity;
      const greatest = max(score(model, row, layerIndex, head / group, seen, query, scores), sink);
      const factor = softmax(scores, row.position + 1 - seen, greatest, sink);
      mix(model, row, layerIndex, head / group, seen, scores, factor, record + (<usize>(head * headDim) << 2));
    }
    quantize(record, width, (first * headDim) >> 5, ((first + headsPerUnit) * headDim + 31) >> 5);
  }
}

/** Adds the output projection to the residual stream, for this piece's columns. */
export function projectOutput(model: Model, run: Run, layerIndex: i32, lists: usize, piece: i32, pieces: i32): void {
  const layer = layerAt(model, layerIndex);
  const size = model.hiddenSize;
  const stride = <usize>size << 2;
  const first = shareStart(size >> 4, piece, pieces);
  const end = shareStart(size >> 4, piece + 1, pieces);
  const rows = run.ends;
  const outputs = lists + (<usize>rows << 2);
  listAddresses(lists, run.attention, recordBytes(model.attentionWidth), rows);
  listAddresses(outputs, run.down, stride, rows);
  matmul(layer.outputData, layer.outputKind, first, end, model.attentionWidth, rows, lists, outputs, lists + run.widened);
  for (let r = 0; r < rows; r++) {
    const output = run.down + <usize>r * stride;
    if (layer.outputBias) addTo(output, layer.outputBias, <usize>first << 6, <usize>end << 6);
    addTo(run.residual + <usize>r * stride, output, <usize>first << 6, <usize>end << 6);
  }
}
