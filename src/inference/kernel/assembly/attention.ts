import { barrier } from './barrier';
import { exp4, maxLanes, splat, sumLanes } from './math';
import { listAddresses, matmul, shareStart } from './matmul';
import { addTo, dotFloat, dotFloat4, rmsNorm } from './norm';
import { quantize, quantizeRecord, recordAt } from './quantize';
import { rotate } from './rope';
import { Layer, Model, recordBytes, Row, Run } from './state';

/** Positions of a KV page. A page is f32 [layers][K, V][G][32][headDim]. */
const PAGE_POSITIONS = 32;

// Model.queryKeyNorm.
const NORM_HEAD = 1;
const NORM_WIDTH = 2;

// @ts-ignore: decorator
@inline
function rowAt(run: Run, index: i32): Row {
  return changetype<Row>(run.rowTable + <usize>index * offsetof<Row>());
}

/** Where a page holds keys (`part` 0) or values (`part` 1) of one layer and KV head: f32 [32][headDim]. */
// @ts-ignore: decorator
@inline
function pagePart(model: Model, pages: usize, page: i32, layer: i32, part: i32, kvHead: i32): usize {
  const base = load<usize>(pages + (<usize>page << 2));
  const index = <usize>((layer * 2 + part) * model.kvHeads + kvHead);
  return base + index * <usize>(PAGE_POSITIONS * model.headDim) * 4;
}

/**
 * Normalises and quantises the rows, shared out among the threads; returns where their records are. A single row is done by
 * every thread for itself: that costs less than meeting.
 */
function normalizeRows(
  model: Model, run: Run, weight: usize, control: usize, own: usize, thread: i32, threads: i32,
): usize {
  const size = model.hiddenSize;
  if (run.rows == 1) {
    rmsNorm(run.residual, weight, size, model.rmsEpsilon, own);
    quantizeRecord(own, size);
    return own;
  }
  for (let r = thread; r < run.rows; r += threads) {
    const record = recordAt(run.norm, r, size);
    rmsNorm(run.residual + <usize>r * <usize>size * 4, weight, size, model.rmsEpsilon, record);
    quantizeRecord(record, size);
  }
  barrier(control, threads);
  return run.norm;
}

/** Adds a bias, if the model has one, to heads `first` to `end` (none where first >= end) of every row. */
function addBias(model: Model, run: Run, base: usize, stride: usize, bias: usize, first: i32, end: i32): void {
  if (!bias || first >= end) return;
  const headBytes = <usize>model.headDim << 2;
  for (let r = 0; r < run.rows; r++) {
    addTo(base + <usize>r * stride, bias, <usize>first * headBytes, <usize>end * headBytes);
  }
}

/** RMSNorm over all heads of a token's queries and keys: needs every thread's columns, so the threads meet before and after. */
function normalizeWidths(model: Model, run: Run, layer: Layer, control: usize, thread: i32, threads: i32): void {
  const keys = model.kvHeads * model.headDim;
  barrier(control, threads);
  for (let r = thread; r < run.rows; r += threads) {
    const query = run.query + (<usize>r * <usize>model.attentionWidth << 2);
    const key = run.keyValue + (<usize>r * <usize>(2 * keys) << 2);
    rmsNorm(query, layer.queryNorm, model.attentionWidth, model.rmsEpsilon, query);
    rmsNorm(key, layer.keyNorm, keys, model.rmsEpsilon, key);
  }
  barrier(control, threads);
}

/** Query, key and value of the heads of this thread; keys are turned and both go into the KV pages. */
function project(
  model: Model, run: Run, layer: Layer, layerIndex: i32, records: usize, control: usize, lists: usize,
  thread: i32, threads: i32,
): void {
  const size = model.hiddenSize;
  const headDim = model.headDim;
  const headBytes = <usize>headDim << 2;
  const tiles = headDim >> 4;
  const heads = model.heads;
  const kvHeads = model.kvHeads;
  const inputs = lists;
  const outputs = lists + (<usize>run.rows << 2);
  listAddresses(inputs, records, recordBytes(size), run.rows);
  const units = heads + 2 * kvHeads;
  const first = shareStart(units, thread, threads);
  const end = shareStart(units, thread + 1, threads);
  const queryEnd = min(end, heads);
  listAddresses(outputs, run.query, <usize>model.attentionWidth << 2, run.rows);
  matmul(layer.queryData, layer.queryKind, first * tiles, queryEnd * tiles, size, run.rows, inputs, outputs);
  const keyFirst = max(first, heads) - heads;
  const keyEnd = min(end - heads, kvHeads);
  const stride = <usize>(2 * kvHeads) * headBytes;
  listAddresses(outputs, run.keyValue, stride, run.rows);
  matmul(layer.keyData, layer.keyKind, keyFirst * tiles, keyEnd * tiles, size, run.rows, inputs, outputs);
  const valueFirst = max(first - heads - kvHeads, 0);
  const valueEnd = end - heads - kvHeads;
  const values = run.keyValue + <usize>kvHeads * headBytes;
  listAddresses(outputs, values, stride, run.rows);
  matmul(layer.valueData, layer.valueKind, valueFirst * tiles, valueEnd * tiles, size, run.rows, inputs, outputs);
  addBias(model, run, run.query, <usize>model.attentionWidth << 2, layer.queryBias, first, queryEnd);
  addBias(model, run, run.keyValue, stride, layer.keyBias, keyFirst, keyEnd);
  addBias(model, run, values, stride, layer.valueBias, valueFirst, valueEnd);
  if (model.queryKeyNorm == NORM_WIDTH) normalizeWidths(model, run, layer, control, thread, threads);
  const headNorm: usize = model.queryKeyNorm == NORM_HEAD ? layer.keyNorm : 0;
  for (let r = 0; r < run.rows; r++) {
    const row = rowAt(run, r);
    const page = row.position / PAGE_POSITIONS;
    const slot = <usize>(row.position % PAGE_POSITIONS) * headBytes;
    const keys = run.keyValue + <usize>r * stride;
    const rope = run.rope + <usize>r * headBytes;
    for (let g = keyFirst; g < keyEnd; g++) {
      const key = keys + <usize>g * headBytes;
      if (headNorm) rmsNorm(key, headNorm, headDim, model.rmsEpsilon, key);
      rotate(key, rope, headDim, pagePart(model, row.pages, page, layerIndex, 0, g) + slot);
    }
    for (let g = valueFirst; g < valueEnd; g++) {
      const target = pagePart(model, row.pages, page, layerIndex, 1, g) + slot;
      memory.copy(target, keys + <usize>(kvHeads + g) * headBytes, headBytes);
    }
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
      greatest4 = f32x4.max(greatest4, s);
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
 * does not change a float32 sum of at least 1.
 */
function softmax(scores: usize, count: i32, greatest: f32, sink: f32): f32 {
  const padded = (count + 3) & ~3;
  for (let j = count; j < padded; j++) store<f32>(scores + (<usize>j << 2), -Infinity);
  let sum = f32x4.splat(0);
  for (let j = 0; j < padded; j += 4) {
    const address = scores + (<usize>j << 2);
    const e = exp4(f32x4.sub(v128.load(address), splat(greatest)));
    v128.store(address, e);
    sum = f32x4.add(sum, e);
  }
  let total = sumLanes(sum);
  if (sink > -Infinity) total += f32x4.extract_lane(exp4(splat(sink - greatest)), 0);
  return <f32>1 / total;
}

/** output = sum over positions from `first` of scores[j - first] v_j, times `factor`; 16 columns at a time, positions in order. */
function mix(
  model: Model, row: Row, layer: i32, kvHead: i32, first: i32, scores: usize, factor: f32, output: usize,
): void {
  const headBytes = <usize>model.headDim << 2;
  const count = row.position + 1;
  const f = splat(factor);
  scores -= <usize>first << 2;
  for (let column: usize = 0; column < headBytes; column += 64) {
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
    v128.store(output + column, f32x4.mul(a, f));
    v128.store(output + column, f32x4.mul(b, f), 16);
    v128.store(output + column, f32x4.mul(c, f), 32);
    v128.store(output + column, f32x4.mul(d, f), 48);
  }
}

/** Grouped-query attention of this thread's heads. A unit is as many heads as fill blocks of 32 columns, then quantised. */
function mixHeads(
  model: Model, run: Run, layer: Layer, layerIndex: i32, scores: usize, thread: i32, threads: i32,
): void {
  const headDim = model.headDim;
  const width = model.attentionWidth;
  const group = model.heads / model.kvHeads;
  const headsPerUnit = headDim & 31 ? 2 : 1;
  const queryNorm: usize = model.queryKeyNorm == NORM_HEAD ? layer.queryNorm : 0;
  const unitsPerRow = (model.heads + headsPerUnit - 1) / headsPerUnit;
  for (let unit = thread; unit < run.rows * unitsPerRow; unit += threads) {
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

/** Adds the output projection to the residual stream, for this thread's columns. */
function projectOutput(model: Model, run: Run, layer: Layer, lists: usize, thread: i32, threads: i32): void {
  const size = model.hiddenSize;
  const stride = <usize>size << 2;
  const tiles = size >> 4;
  const first = shareStart(tiles, thread, threads);
  const end = shareStart(tiles, thread + 1, threads);
  const inputs = lists;
  const outputs = lists + (<usize>run.rows << 2);
  listAddresses(inputs, run.attention, recordBytes(model.attentionWidth), run.rows);
  listAddresses(outputs, run.down, stride, run.rows);
  matmul(layer.outputData, layer.outputKind, first, end, model.attentionWidth, run.rows, inputs, outputs);
  for (let r = 0; r < run.rows; r++) {
    if (layer.outputBias) addTo(run.down + <usize>r * stride, layer.outputBias, <usize>first << 6, <usize>end << 6);
    addTo(run.residual + <usize>r * stride, run.down + <usize>r * stride, <usize>first << 6, <usize>end << 6);
  }
}

/**
 * The attention half of a layer, up to the residual stream.
 * @param own activation record of this thread  @param scratch its scores and lists
 */
export function attend(
  model: Model, run: Run, layerIndex: i32, control: usize, own: usize, scratch: usize, thread: i32, threads: i32,
): void {
  const layer = changetype<Layer>(model.layerTable + <usize>layerIndex * offsetof<Layer>());
  const records = normalizeRows(model, run, layer.inputNorm, control, own, thread, threads);
  project(model, run, layer, layerIndex, records, control, scratch, thread, threads);
  barrier(control, threads);
  mixHeads(model, run, layer, layerIndex, scratch, thread, threads);
  barrier(control, threads);
  projectOutput(model, run, layer, scratch, thread, threads);
  barrier(control, threads);
}
