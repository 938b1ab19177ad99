/**
 * The `data` of each server-sent event in a byte stream, whatever the borders of its chunks (WHATWG HTML §9.2.6).
 * Comments and other fields are skipped; an event that the stream breaks off in is not given out.
 */
export async function* serverSentEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const lines = new LineBuffer();
  let data: string[] = [];
  try {
    for (let ended = false; !ended;) {
      const { done, value } = await reader.read();
      ended = done;
      for (const line of ended ? lines.end() : lines.push(decoder.decode(value, { stream: true }))) {
        if (line === '') {
          if (data.length > 0) yield data.join('\n');
          data = [];
        } else if (line.startsWith('data:')) {
          data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Cuts text into lines ending in LF, CR or CRLF, also when a CRLF is torn apart. */
class LineBuffer {
  private rest = '';

  /** The last line, where the text ended in a CR that might have become a CRLF. */
  end(): string[] {
    return this.rest.endsWith('\r') ? [this.rest.slice(0, -1)] : [];
  }

  push(text: string): string[] {
    const joined = this.rest + text;
    const heldBack = joined.endsWith('\r') ? '\r' : '';
    const parts = (heldBack === '' ? joined : joined.slice(0, -1)).split(/\r\n|\n|\r/);
    this.rest = (parts.pop() ?? '') + heldBack;
    return parts;
  }
}
