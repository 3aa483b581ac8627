import { serde } from '@restatedev/restate-sdk';

/** JSON of what a codec makes of a value. What the codec refuses is written as it is: the reader answers what is wrong. */
export class CodecSerde extends serde.JsonSerde<unknown> {
  constructor(
    jsonSchema: object | undefined,
    private readonly encode: (value: unknown) => unknown,
  ) {
    super(jsonSchema);
  }

  override serialize(value: unknown): Uint8Array {
    return super.serialize(this.encoded(value));
  }

  private encoded(value: unknown): unknown {
    try {
      return this.encode(value);
    } catch {
      return value;
    }
  }
}
