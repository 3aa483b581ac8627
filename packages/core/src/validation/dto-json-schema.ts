import type { DtoClass } from '../decorators/handler-schema.js';

/** The JSON Schema of a DTO class, as far as its decorators tell it. */
export type DtoJsonSchemas = (dto: DtoClass) => object | undefined;

const DEFINITIONS = '#/$defs/';

/** By class-validator-jsonschema, which is an optional peer: without it, discovery has no schemas of DTO classes. */
export async function loadDtoJsonSchemas(): Promise<DtoJsonSchemas> {
  const libraries = await Promise.all([
    import('class-validator-jsonschema'),
    // @ts-expect-error it comes without types
    import('class-transformer/cjs/storage.js') as Promise<{ readonly defaultMetadataStorage: unknown }>,
  ]).catch(() => undefined);
  if (!libraries) return () => undefined;
  const [{ targetConstructorToSchema, validationMetadatasToSchemas }, { defaultMetadataStorage }] = libraries;
  // Its type is that of another build of class-transformer.
  const options = {
    classTransformerMetadataStorage: defaultMetadataStorage as never,
    refPointerPrefix: DEFINITIONS,
  };
  return (dto) => {
    try {
      const schema: object = targetConstructorToSchema(dto, options);
      const all: Readonly<Record<string, object>> = validationMetadatasToSchemas(options);
      const names = namesIn(schema, all);
      if (names.size === 0) return schema;
      return { ...schema, $defs: Object.fromEntries([...names].map((name) => [name, all[name]])) };
    } catch {
      // A decorator that it does not know; the class validates all the same.
      return undefined;
    }
  };
}

/** Names of the definitions that a schema refers to, and those that these refer to. */
function namesIn(schema: object, all: Readonly<Record<string, object>>, names = new Set<string>()): Set<string> {
  for (const [, name = ''] of JSON.stringify(schema).matchAll(/"#\/\$defs\/([^"]+)"/g)) {
    const definition = all[name];
    if (!definition || names.has(name)) continue;
    names.add(name);
    namesIn(definition, all, names);
  }
  return names;
}
