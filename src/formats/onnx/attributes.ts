/** A node's attributes, typed. Asking marks an attribute as understood; what was never asked for is reported. */
import { type AttributeProto, type TensorProto, AttributeProto_AttributeType as Type } from "onnx-buf";
import { impossible, quote } from "./failure.ts";

/** Access by name. Each getter throws LesionError("bad-model") where the attribute is of another type. */
export interface Attributes {
  readonly int: (name: string, otherwise: number) => number;
  readonly float: (name: string, otherwise: number) => number;
  readonly text: (name: string, otherwise: string) => string;
  readonly ints: (name: string) => readonly number[] | null;
  readonly floats: (name: string) => readonly number[] | null;
  readonly tensor: (name: string) => TensorProto | null;
  readonly has: (name: string) => boolean;
  /** Names that no getter was called for. */
  readonly ignored: () => string[];
}

/** The attributes of the node at `where`. Throws LesionError("bad-model") where a name occurs twice. */
export function attributesOf(protos: readonly AttributeProto[], where: string): Attributes {
  const byName = new Map<string, AttributeProto>();
  for (const proto of protos) {
    if (byName.has(proto.name)) throw impossible(`${where} has the attribute ${quote(proto.name)} twice`, where);
    byName.set(proto.name, proto);
  }
  const asked = new Set<string>();
  const get = (name: string, type: Type): AttributeProto | undefined => {
    asked.add(name);
    const proto = byName.get(name);
    // Files of IR version 1 leave the type out.
    if (proto !== undefined && proto.type !== type && proto.type !== Type.UNDEFINED) {
      throw impossible(`the attribute ${name} of ${where} is of type ${Type[proto.type]}, not ${Type[type]}`, where);
    }
    return proto;
  };
  return {
    int: (name, otherwise) => Number(get(name, Type.INT)?.i ?? otherwise),
    float: (name, otherwise) => {
      const value = get(name, Type.FLOAT)?.f ?? otherwise;
      if (!Number.isFinite(value)) throw impossible(`the attribute ${name} of ${where} is ${value}`, where);
      return value;
    },
    text: (name, otherwise) => {
      const proto = get(name, Type.STRING);
      return proto === undefined ? otherwise : new TextDecoder().decode(proto.s);
    },
    ints: (name) => get(name, Type.INTS)?.ints.map(Number) ?? null,
    floats: (name) => get(name, Type.FLOATS)?.floats ?? null,
    tensor: (name) => get(name, Type.TENSOR)?.t ?? null,
    has: (name) => byName.has(name),
    ignored: () => [...byName.keys()].filter((name) => !asked.has(name)),
  };
}
