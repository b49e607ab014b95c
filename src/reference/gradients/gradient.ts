/** What a layer's backward pass gives: the words that all files of this folder share. */

/** The arrays of a layer that can be trained, under the names that its layer has for them. */
export type ParameterName = "weight" | "bias" | "gamma" | "beta" | "scale" | "shift";

/** One array for each trainable parameter that a layer has, of the parameter's size. */
export type PerParameter<Values> = Partial<Readonly<Record<ParameterName, Values>>>;

/** Derivatives of a scalar loss by all that a layer reads. */
export interface LayerGradient {
  /** By each input, in the order in which the layer names them: [samples, ...shape]. */
  readonly inputs: readonly Float64Array[];
  readonly parameters: PerParameter<Float64Array>;
}
