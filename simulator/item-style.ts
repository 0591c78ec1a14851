/** Defines how the text of item transactions is written. */

export type Language = 'nb' | 'en';
/** `plain`: texts as they are. `quoted`: where a text needs it, in quotes with inner ones doubled; then any text may come. */
export type ItemTexts = 'plain' | 'quoted';

export interface ItemStyle {
  readonly language: Language;
  readonly itemTexts: ItemTexts;
}
