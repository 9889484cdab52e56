/** One row of the input, or the place where there should have been one. */
export type InputRow =
  /** `json` is the text of one JSON value, without a line break. */
  | { readonly kind: 'row'; readonly line: number; readonly json: string }
  /** `reason` holds nothing of the row. */
  | { readonly kind: 'refused'; readonly line: number; readonly reason: string };

/** A row of the input as text, before it is judged. */
export type RowText =
  | { readonly kind: 'text'; readonly line: number; readonly text: string }
  | { readonly kind: 'refused'; readonly line: number; readonly reason: string };
