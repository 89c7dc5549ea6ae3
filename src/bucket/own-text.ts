/** A copy of a text. V8 would retain the whole text, a request's head for example, of which it may be a part. */
export const ownText = (text: string): string => text.split('').join('');
