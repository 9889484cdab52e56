/** One row of the input, or the place where there should have been one. */
export type InputRow =
  /** `text` as it goes into the body: one JSON value without a line break, or a record of CSV. */
  | { readonly kind: 'row'; readonly line: number; readonly text: string }
  /** What the body of every batch begins with: the names of CSV fields. Comes first, and is no row. */
  | { readonly kind: 'header'; readonly text: string }
  /** `reason` holds nothing of the row. */
  | { readonly kind: 'refused'; readonly line: number; readonly reason: string };

/** A row of the input as text, before it is judged. */
export type RowText =
  | { readonly kind: 'text'; readonly line: number; readonly text: string }
  | { readonly kind: 'refused'; readonly line: number; readonly reason: string };
