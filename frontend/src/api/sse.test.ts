import fc from 'fast-check';
import { serverSentEvents } from './sse.js';

const STREAM =
  ': a comment\n\ndata: {"text":"Zoë 🦊"}\n\nevent: ping\ndata:no space\r\ndata: second line\r\n\r\nid: 7\rdata: [DONE]\r\r';
const EVENTS = ['{"text":"Zoë 🦊"}', 'no space\nsecond line', '[DONE]'];

function streamOf(parts: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

async function read(parts: readonly Uint8Array[]): Promise<string[]> {
  const events: string[] = [];
  for await (const data of serverSentEvents(streamOf(parts))) events.push(data);
  return events;
}

describe('server-sent events', () => {
  const bytes = new TextEncoder().encode(STREAM);

  it('reads the same events wherever the stream is cut in two', async () => {
    for (let cut = 0; cut <= bytes.length; cut++)
      expect([cut, await read([bytes.subarray(0, cut), bytes.subarray(cut)])]).toEqual([cut, EVENTS]);
  });

  it('reads the same events however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length)), async (cuts) => {
        const borders = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const parts = borders.slice(1).map((border, i) => bytes.subarray(borders[i], border));
        expect(await read(parts)).toEqual(EVENTS);
      }),
    );
  });

  it('leaves out an event that the stream breaks off in', async () => {
    expect(await read([new TextEncoder().encode('data: whole\n\ndata: half')])).toEqual(['whole']);
  });

  it('cancels the stream when the reader has had enough', async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('data: more\n\n')),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const data of serverSentEvents(endless)) if (data === 'more') break;
    expect(cancelled).toBe(true);
  });
});
