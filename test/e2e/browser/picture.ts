/** An image of one pixel, and what a canvas reads of it. */
export const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM4Y5wGAAM0AWYGezMAAAAAAElFTkSuQmCC',
  'base64',
);
export const DOT_PIXEL = 'pixel 204 51 102 255';
export const PNG: readonly string[] = ['Content-Type', 'image/png'];
