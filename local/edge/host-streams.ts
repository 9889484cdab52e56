import { ReadableStream, TextDecoderStream, TextEncoderStream, TransformStream, WritableStream } from 'node:stream/web';
import { enterAnyTime, enterCurrent } from './enter-current.ts';
import type { HostStreams } from './inside/streams.ts';

/** Node's streams behind the modules `streams` and `text-encode-transform`. */
export const hostStreams: HostStreams = {
  readable: (source, strategy) => new ReadableStream(source, strategy),
  writable: (sink, strategy) => new WritableStream(sink, strategy),
  transform: (transformer, writable, readable) => new TransformStream(transformer, writable, readable),
  encoder: () => new TextEncoderStream(),
  decoder: (label, options) => new TextDecoderStream(label, options),
  pending: () => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    return { promise, ok: resolve, fail: reject };
  },
  entering: (callback) => {
    const enter = enterAnyTime();
    return (...args) => new Promise((ok, fail) => enter(() => callback(ok, fail, args)));
  },
  settle: (promise, ok, fail) => {
    const enter = enterCurrent();
    promise.then(
      (value) => enter(() => ok(value)),
      (reason) => enter(() => fail(reason)),
    );
  },
};

/** A stream of one chunk that may still be on the way. */
export function streamOf(bytes: () => Promise<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const chunk = await bytes();
        if (chunk.byteLength > 0) controller.enqueue(chunk);
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
