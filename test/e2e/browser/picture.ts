/** An image of one pixel, and the pixel that a canvas reads. */
export const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM4Y5wGAAM0AWYGezMAAAAAAElFTkSuQmCC',
  'base64',
);
export const DOT_PIXEL = 'pixel 204 51 102 255';
export const PNG: readonly string[] = ['Content-Type', 'image/png'];
